//! Other people's formats for networks and runs of ganymede: `.keras`, ONNX, PyTorch, TensorBoard, Hugging Face. Not here:
//! the commands (`ganymede`), training.
#![forbid(unsafe_code)]
