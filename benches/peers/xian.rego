# The Xi'an measures in Rego: `permitted` is the set of classes of A18, `denials` the codes of every denial of an access.
# A fact that is missing is undefined, and `not` of it holds: every fact must be given.
package xian

# ── Classification: A2, A18 ───────────────────────────────────────────────────────────────────────────────────────────
# A class is permitted when a live ground offers it, and no live ground is stricter in all that it offers.

permitted contains "withheld" if {
	not input.state_secret
	offers_withheld
}

permitted contains "conditional" if {
	not input.state_secret
	offers_conditional
	not closed
	not harm_unrelieved
}

permitted contains "unconditional" if {
	not input.state_secret
	not restricted
	not closed
	not harm_bars_unconditional
}

endangered if input.endangers_national_security

endangered if input.endangers_public_security

endangered if input.endangers_economic_security

endangered if input.endangers_social_stability

endangered if input.data_grade != "general"

third_party_interest if input.trade_secret

third_party_interest if input.personal_privacy

third_party_interest if input.other_third_party_interest

harm if {
	third_party_interest
	not input.harm_ruled_out
}

opening_favoured if input.third_party_consents

opening_favoured if input.closure_harms_public

harm_may_stay_closed if {
	harm
	not opening_favoured
}

harm_unrelieved if {
	input.desensitization == "none"
	harm_may_stay_closed
}

harm_bars_unconditional if {
	input.desensitization != "anonymized"
	harm_may_stay_closed
}

closed if {
	input.law_forbids
	not input.prohibition_lifted
}

closed if {
	endangered
	not input.declassified
}

restricted if input.high_protection_need

restricted if input.specific_terms_needed

offers_withheld if input.law_forbids

offers_withheld if endangered

offers_withheld if harm_may_stay_closed

offers_conditional if input.law_forbids

offers_conditional if endangered

offers_conditional if harm

offers_conditional if restricted

# ── Access: A2, A9–A35 ────────────────────────────────────────────────────────────────────────────────────────────────

beyond_metadata if {
	not input.out_of_scope
	input.action != "query"
}

conditional_access if {
	input.openness == "conditional"
	beyond_metadata
}

approved if {
	input.application == "approved"
	conditional_access
}

approved_use if {
	input.action != "preview"
	approved
}

denials contains "out_of_scope" if input.out_of_scope

denials contains "not_listed" if {
	not input.listed
	not input.out_of_scope
}

denials contains "not_via_platform" if {
	input.via == "other"
	beyond_metadata
}

denials contains "not_assessed" if {
	not input.assessed
	beyond_metadata
}

denials contains "content_changed" if {
	not input.content_matches_assessment
	input.assessed
	beyond_metadata
}

denials contains "committee_pending" if {
	input.committee_pending
	beyond_metadata
}

denials contains input.openness if {
	input.openness in {"withheld", "undecided"}
	beyond_metadata
}

denials contains "openness_not_permitted" if {
	not input.openness_permitted
	input.openness in {"unconditional", "conditional"}
	beyond_metadata
}

denials contains input.dataset_status if {
	input.dataset_status != "open"
	beyond_metadata
}

denials contains "user_suspended" if {
	input.user_standing == "rectification"
	input.identified
	beyond_metadata
}

denials contains "user_terminated" if {
	input.user_standing == "terminated"
	input.identified
	beyond_metadata
}

denials contains "result_not_reviewed" if {
	input.action == "model_result"
	not input.result_reviewed
	beyond_metadata
}

denials contains "other_way_no_basis" if {
	input.action == "other"
	not input.other_way_has_basis
	beyond_metadata
}

denials contains "conditional_no_download" if {
	input.action == "download"
	conditional_access
}

denials contains "not_identified" if {
	not input.identified
	conditional_access
}

denials contains "no_application" if {
	input.application == "none"
	conditional_access
}

denials contains "application_expired" if {
	input.application == "expired"
	conditional_access
}

denials contains "application_not_approved" if {
	input.application in {"filed", "rejected", "revoked"}
	conditional_access
}

denials contains "purpose_mismatch" if {
	not input.purpose_in_scope
	approved
}

denials contains "way_mismatch" if {
	not input.way_in_scope
	approved_use
}

denials contains "quota_exceeded" if {
	not input.within_quota
	approved_use
}
