//! Members of ZIP files that have no date, no owner and no system: equal contents give equal bytes.

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System};

/// Options of a member that is stored as it is. `is_large`: it may have more than 4 GiB, which needs the long
/// form and must be said first.
pub(crate) fn member(is_large: bool) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::DEFAULT)
        .system(System::Unix)
        .unix_permissions(0o644)
        .large_file(is_large)
}
