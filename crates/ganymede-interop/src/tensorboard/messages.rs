//! The messages of an event file, as far as they are written. Field numbers are TensorFlow's (`event.proto`, `summary.proto`,
//! `tensor.proto`). Not here: records (`records.rs`), what is said in them (`lines.rs`).

use prost::{Message, Oneof};

/// Something that happened.
#[derive(Clone, PartialEq, Message)]
pub struct EventMessage {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    /// Steps done.
    #[prost(int64, tag = "2")]
    pub step: i64,
    /// What.
    #[prost(oneof = "What", tags = "3, 5, 7")]
    pub what: Option<What>,
}

/// What happened.
#[derive(Clone, PartialEq, Oneof)]
pub enum What {
    /// The file begins; its version.
    #[prost(string, tag = "3")]
    FileVersion(String),
    /// Values.
    #[prost(message, tag = "5")]
    Summary(Summary),
    /// A training began or went on.
    #[prost(message, tag = "7")]
    Session(Session),
}

/// Values of a step.
#[derive(Clone, PartialEq, Message)]
pub struct Summary {
    /// Each under its tag.
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<Value>,
}

/// A value.
#[derive(Clone, PartialEq, Message)]
pub struct Value {
    /// Its name; what stands before the first `/` is its group.
    #[prost(string, tag = "1")]
    pub tag: String,
    /// What it is.
    #[prost(oneof = "Content", tags = "2, 4, 8")]
    pub content: Option<Content>,
    /// Which of TensorBoard's pages shows it, where that does not follow from what it is.
    #[prost(message, optional, tag = "9")]
    pub metadata: Option<Metadata>,
}

/// What a value is.
#[derive(Clone, PartialEq, Oneof)]
pub enum Content {
    /// A number.
    #[prost(float, tag = "2")]
    Scalar(f32),
    /// A picture.
    #[prost(message, tag = "4")]
    Image(Image),
    /// A tensor.
    #[prost(message, tag = "8")]
    Tensor(TensorMessage),
}

/// A picture.
#[derive(Clone, PartialEq, Message)]
pub struct Image {
    /// Pixels.
    #[prost(int32, tag = "1")]
    pub height: i32,
    /// Pixels.
    #[prost(int32, tag = "2")]
    pub width: i32,
    /// 1 grey, 2 grey and opacity, 3 RGB, 4 RGBA.
    #[prost(int32, tag = "3")]
    pub colorspace: i32,
    /// A PNG.
    #[prost(bytes = "vec", tag = "4")]
    pub encoded: Vec<u8>,
}

/// A tensor of texts.
#[derive(Clone, PartialEq, Message)]
pub struct TensorMessage {
    /// Type of its elements; 7 is text.
    #[prost(int32, tag = "1")]
    pub dtype: i32,
    /// Its sizes.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<Sizes>,
    /// Its elements.
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub texts: Vec<Vec<u8>>,
}

/// Sizes of a tensor.
#[derive(Clone, PartialEq, Message)]
pub struct Sizes {
    /// Each axis.
    #[prost(message, repeated, tag = "2")]
    pub dim: Vec<Size>,
}

/// Size of an axis.
#[derive(Clone, PartialEq, Message)]
pub struct Size {
    /// Elements.
    #[prost(int64, tag = "1")]
    pub size: i64,
}

/// What shows a value.
#[derive(Clone, PartialEq, Message)]
pub struct Metadata {
    /// The page.
    #[prost(message, optional, tag = "1")]
    pub plugin: Option<Plugin>,
    /// 2 is a tensor.
    #[prost(int32, tag = "4")]
    pub data_class: i32,
}

/// A page of TensorBoard.
#[derive(Clone, PartialEq, Message)]
pub struct Plugin {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// Where a training begins: readers forget what they have of this step and later ones.
#[derive(Clone, PartialEq, Message)]
pub struct Session {
    /// 1 is a start.
    #[prost(int32, tag = "1")]
    pub status: i32,
}
