//! calendar

room_error! {
    /// Errors of this room.
    pub enum CalendarError {
        /// Placeholder of the skeleton.
        Skeleton = "KF-CAL-00", en "skeleton", zh "骨架";
    }
}
