//! process

room_error! {
    /// Errors of this room.
    pub enum ProcessError {
        /// Placeholder of the skeleton.
        Skeleton = "KF-PROCESS-00", en "skeleton", zh "骨架";
    }
}
