//! crypto

room_error! {
    /// Errors of this room.
    pub enum KeyError {
        /// Placeholder of the skeleton.
        Skeleton = "KF-KEY-00", en "skeleton", zh "骨架";
    }
}
