//! catalog

room_error! {
    /// Errors of this room.
    pub enum CatalogError {
        /// Placeholder of the skeleton.
        Skeleton = "KF-CATALOG-00", en "skeleton", zh "骨架";
    }
}
