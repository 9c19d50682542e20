//! table

room_error! {
    /// Errors of this room.
    pub enum TableError {
        /// Placeholder of the skeleton.
        Skeleton = "KF-TABLE-00", en "skeleton", zh "骨架";
    }
}
