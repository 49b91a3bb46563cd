//! Writes the first inputs of every fuzz target to `corpus/`: well-formed files, small.
//! Not here: the targets (`fuzz_targets/`).

use ganymede_data::{Codec, DataOptions, Dataset, Samples, Source, write};
use ganymede_gan::presets;
use ganymede_graph::testing::random_graph;
use ganymede_tensor::{DType, TensorType};
use image::{DynamicImage, ImageFormat, RgbImage};
use std::error::Error;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let put = |target: &str, name: &str, bytes: &[u8]| -> Result<()> {
        let folder = root.join("corpus").join(target);
        fs::create_dir_all(&folder)?;
        Ok(fs::write(folder.join(name), bytes)?)
    };

    for (dtype, bytes) in [(DType::U8, 1), (DType::U16, 2), (DType::F32, 4)] {
        let sample = TensorType::new(dtype, [3, 3, 1]);
        let values: Vec<u8> = (0..5 * 9 * bytes).map(|i| (i * 37 % 120) as u8).collect();
        let classes = ["a", "b"].map(String::from);
        let samples = Samples { sample: &sample, bytes: &values, labels: Some(&[0, 1, 0, 1, 0]), classes: &classes };
        for (format, target) in [("idx", "idx"), ("npy", "npy"), ("npz", "npz"), ("image-zip", "image_zip")] {
            let folder = tempfile::tempdir()?;
            // A format refuses a type that it cannot hold.
            if write(format, &folder.path().join("x"), &samples).is_ok() {
                for (number, file) in files(folder.path())?.iter().enumerate() {
                    put(target, &format!("{dtype}-{number}"), &fs::read(file)?)?;
                }
            }
        }
    }
    put("idx", "plain", &[&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2][..], &[9; 8]].concat())?;

    let image = RgbImage::from_fn(7, 5, |x, y| image::Rgb([(x * 30) as u8, (y * 40) as u8, 9]));
    let image = DynamicImage::ImageRgb8(image);
    let grey = DynamicImage::ImageLuma16(image.to_luma16());
    for (name, format, image) in [
        ("png", ImageFormat::Png, image.clone()),
        ("png-grey16", ImageFormat::Png, grey),
        ("jpeg", ImageFormat::Jpeg, image.clone()),
        ("webp", ImageFormat::WebP, image.clone()),
        ("gif", ImageFormat::Gif, DynamicImage::ImageRgba8(image.to_rgba8())),
        ("bmp", ImageFormat::Bmp, image.clone()),
        ("tiff", ImageFormat::Tiff, image.clone()),
        ("pnm", ImageFormat::Pnm, image),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format)?;
        put("image", name, bytes.get_ref())?;
        put("image_pages", name, bytes.get_ref())?;
    }

    for (name, text) in [
        (
            "kinds",
            "id,age,sex,amount,day,note\n1,39, Male,\"$1,200.00\",2024-03-20,a b c\n2,, ?,$3.50,2024-03-21,d e f\n",
        ),
        ("semicolons", "sep=;\r\na;b\r\n1,50;x\r\nNA;\"y;z\"\r\n-999;x"),
        ("no-header", "5.1,3.5e-07,setosa\n4.9,3.0e+10,setosa\n"),
    ] {
        put("table", name, text.as_bytes())?;
    }

    for (name, text) in [
        ("penalty", "x = mix(real, fake)\nslope = grad(sum(discriminator(x)), x)\nmean((norm(slope) - 1) ** 2)"),
        ("objective", "mean(relu(1 - real_logits)) + mean(relu(1 + fake_logits))"),
        ("keras", "BinaryCrossentropy(ones_like(real_logits), real_logits, from_logits=True)"),
        ("noise", "n = normal([batch, 2], stddev=0.1)\nmean(where(n > 0, real, fake) * one_hot(label, 2))"),
    ] {
        put("expression", name, text.as_bytes())?;
    }

    for name in ["ring2d", "fashion-mnist"] {
        let codec = codec(name)?;
        let file = tempfile::NamedTempFile::new()?;
        codec.save(file.path())?;
        put("codec", name, &fs::read(file.path())?)?;
        for preset in if name == "ring2d" { &["mlp"][..] } else { &["dcgan", "article"] } {
            put("spec", preset, presets::preset(preset, &codec)?.to_toml().as_bytes())?;
        }
    }
    for version1 in files(&root.join("../crates/ganymede-data/tests/fixtures/codec-v1"))? {
        put("codec", &version1.file_name().unwrap_or_default().to_string_lossy(), &fs::read(&version1)?)?;
    }
    for example in files(&root.join("../examples"))?.iter().filter(|f| f.extension().is_some_and(|e| e == "toml")) {
        put("spec", &example.file_name().unwrap_or_default().to_string_lossy(), &fs::read(example)?)?;
    }

    for file in files(&root.join("../crates/ganymede-interop/tests/keras/files"))? {
        let Ok(network) = ganymede_interop::keras::read(&file) else { continue };
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        put("keras_zip", &name, &fs::read(&file)?)?;
        let own = ganymede_interop::keras::write_bytes(&network.name, &network.config, &network.weights)?;
        put("keras_zip", &format!("{name}-own"), &own)?;
        let mut members = zip::ZipArchive::new(Cursor::new(own))?;
        for (target, member) in [("keras_config", "config.json"), ("keras_weights", "model.weights.h5")] {
            let mut bytes = Vec::new();
            members.by_name(member)?.read_to_end(&mut bytes)?;
            put(target, &name, &bytes)?;
        }
    }

    for seed in 0..20 {
        put("graph_text", &seed.to_string(), ganymede_graph::text::print(&random_graph(seed, 20).graph).as_bytes())?;
    }

    put("class_table", "header", b"file,class\n000000.png,cat\n000001.png,\"dog\"\n")?;
    put("class_table", "plain", b"000000;1\n000001;2\n")?;
    put("class_table", "sep", b"sep=;\r\nid;breed;x\r\n000000;pug;1\r\n000001;dingo;2\r\n;;\r\n")?;
    let wide: Vec<u8> =
        "\u{feff}file\tclass\n000000\ta\n000001\tb\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    put("class_table", "utf16", &wide)?;
    put("dataset_json", "numbers", br#"{"labels": [["000000.png", 3], ["000001.png", [0, 1, 0]]]}"#)?;
    put("dataset_json", "none", br#"{"labels": null}"#)?;
    put(
        "metadata_jsonl",
        "two",
        b"{\"file_name\": \"000000.png\", \"label\": 3}\n{\"file_name\": \"000001.png\", \"label\": \"x\"}\n",
    )?;

    let header = br#"{"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}"#;
    put("safetensors", "two", &[&(header.len() as u64).to_le_bytes()[..], header, &[1; 11]].concat())?;
    put("manifest", "one", br#"{"format_version":1,"step":5,"isa":"avx2","files":{"state.safetensors":"00ff"}}"#)?;
    let lines = br#"{"v":1,"step":0,"kimg":0.0,"time":0.1,"kind":"start","last_step":9,"batch":4,"planned_bytes":5,"flops":6,"parameters":{"generator":7}}
{"v":1,"step":5,"kimg":0.3,"time":0.2,"kind":"tick","losses":{"d/a":0.5},"sec_per_step":0.1,"sec_per_kimg":1.0,"wait":0.0,"resident_bytes":8}
{"v":1,"step":9,"kimg":0.3,"time":0.3,"kind":"end","reason":"steps"}
"#;
    put("events", "three", lines)?;

    // The header of a real cache, its key made a placeholder.
    let folder = tempfile::tempdir()?;
    let sample = TensorType::new(DType::U8, [2, 2, 1]);
    let samples = Samples { sample: &sample, bytes: &[7; 12], labels: None, classes: &[] };
    write("npy", &folder.path().join("x.npy"), &samples)?;
    let source = Source::parse(folder.path().join("x.npy"))?;
    let data = Dataset::open_with(&source, &DataOptions::default(), Some(folder.path()), &())?;
    let bytes = fs::read(data.cache_file().ok_or("a cache")?)?;
    let json = String::from_utf8_lossy(&bytes[8 + 12 + 4..bytes.len() - 32]).into_owned();
    let (before, rest) = json.split_once("\"key\":\"").ok_or("a key")?;
    let after = rest.split_once('"').ok_or("a key")?.1;
    let json = format!("{before}\"key\":\"KEY\"{after}");
    put("cache", "one", &[&(json.len() as u16).to_le_bytes()[..], &[0, 0], json.as_bytes(), &[7; 12]].concat())
}

fn codec(name: &str) -> Result<Codec> {
    Ok(Dataset::open(&Source::parse(name)?, &DataOptions::default(), &())?.codec().clone())
}

/// The files in a folder and below.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}
