//! risk

room_error! {
    /// Errors of this room.
    pub enum RiskError {
        /// Placeholder of the skeleton.
        Skeleton = "KF-RISK-00", en "skeleton", zh "骨架";
    }
}
