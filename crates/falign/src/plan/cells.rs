//! Rows of comma-separated cells.

/// Text under construction. Cells are quoted where commas or quotes demand it.
pub(crate) struct Cells(csv::Writer<Vec<u8>>);

/// Memory takes whatever is written, and all rows are of one length.
const WRITTEN: &str = "rows of one length can be written to memory";

impl Cells {
    pub(crate) fn new() -> Self {
        Self(csv::Writer::from_writer(Vec::new()))
    }

    /// Adds a cell to the row.
    pub(crate) fn add(&mut self, cell: impl AsRef<str>) {
        self.0.write_field(cell.as_ref()).expect(WRITTEN);
    }

    /// Adds cells to the row.
    pub(crate) fn all(&mut self, cells: impl IntoIterator<Item: AsRef<str>>) {
        cells.into_iter().for_each(|cell| self.add(cell));
    }

    /// Ends the row, which has as many cells as the one before.
    pub(crate) fn end_row(&mut self) {
        self.0.write_record(None::<&[u8]>).expect(WRITTEN);
    }

    /// The rows as text, each with the end of its line.
    pub(crate) fn into_text(self) -> String {
        let bytes = self.0.into_inner().expect(WRITTEN);
        String::from_utf8(bytes).expect("cells are text")
    }
}
