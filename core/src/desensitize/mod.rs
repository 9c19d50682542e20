//! desensitize

room_error! {
    /// Errors of this room.
    pub enum PlanError {
        /// Placeholder of the skeleton.
        Skeleton = "KF-PLAN-00", en "skeleton", zh "骨架";
    }
}
