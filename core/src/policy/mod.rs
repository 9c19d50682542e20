//! policy

room_error! {
    /// Errors of this room.
    pub enum PolicyError {
        /// Placeholder of the skeleton.
        Skeleton = "KF-POLICY-00", en "skeleton", zh "骨架";
    }
}

room_error! {
    /// Errors of this room.
    pub enum FactError {
        /// Placeholder of the skeleton.
        Skeleton = "KF-FACT-00", en "skeleton", zh "骨架";
    }
}
