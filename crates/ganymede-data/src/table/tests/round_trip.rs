//! Tables that come back byte for byte, and what their columns are taken for. Not here: odd files (`odd_files.rs`).

use super::*;

#[test]
fn files_come_back_byte_for_byte() {
    let wide =
        |text: &str| [&[0xff, 0xfe][..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat();
    for bytes in [
        b"age,workclass,sex\n39, State-gov, Male\n50, ?, Female\n38, Private, Male\n".to_vec(),
        b"a;b\r\n1,50;x\r\n;y\r\n22,00;x\r\n3,25;x".to_vec(),
        b"\xef\xbb\xbfa,b\n1.5,x\nNA,y\n2,x\n2.25,x\n".to_vec(),
        wide("a\té\r\n1\t日本\r\n2\tx\r\n1\tx\r\n"),
        b"sep=;\na;b\n1;x\n2;y\n".to_vec(),
        b"a,b\r1,x\r2,y\r".to_vec(),
        // As R writes it: texts and names in quotes, NA without.
        b"\"a\",\"b\"\n1,\"x\"\n2,NA\nNA,\"y\"\n3,\"x\"\n".to_vec(),
        b"\"a\",\"b\"\n\"1\",\"x\"\n\"2\",\"\"\n\"\",\"y\"\n\"3\",\"x\"\n".to_vec(),
        b"a,b\n1,\"x, y\"\n2,z\n3,\"q \"\"r\"\"\"\n1,\"l\nm\"\n1,\"x, y\"\n2,z\n3,\"q \"\"r\"\"\"\n1,\"l\nm\"\n"
            .to_vec(),
        b"a\tb\n1\t5\" pipe\n2\t\"x\n3\t5\" pipe\n".to_vec(),
        b"5.1,3.5,setosa\n4.9,3.0,setosa\n6.0,2.2,virginica\n".to_vec(),
        b"x\n1\n\"\"\n2\n3\n".to_vec(),
        b" a , b,c\n 1.50,x , 7 %\n 2.25,x , 8 %\n 3.25,y , 9 %\n".to_vec(),
        // Two spellings of a missing cell in one column of numbers.
        b"a,b\n1.5,x\nNA,x\n,y\n2.5,x\n-,x\n3.5,x\nNA,x\n".to_vec(),
        b"a,b,c\n1,x,\n2,x,\n3,x,\n".to_vec(),
        b"a,b\nNA,x\nNA,y\n".to_vec(),
        b"zip,flag\n02139,True\n10001,False\n02139,True\n10001,True\n".to_vec(),
        b"when,x\n1,-0.0\n2,0.0\n1,1.5\n".to_vec(),
    ] {
        let written = there_and_back(&bytes);
        assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&bytes));
        assert_eq!(written, bytes);
    }
}

/// What the messy columns of people's tables come back as: all but ids and free text, which are made anew.
#[test]
fn messy_columns_come_back_byte_for_byte() {
    let mut text = String::from(
        "id,age,2024, sex,zip,active,unit,unused,amount,rate,weight,comma,start,end,day,seen,gain,lab,tiny,big,model,note\n",
    );
    for i in 0..400u64 {
        let hash = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let (day, month) = (1 + hash % 28, 1 + hash / 28 % 12);
        let row = [
            (100_001 + i).to_string(),
            if hash.is_multiple_of(17) { String::new() } else { (16 + hash % 80).to_string() },
            ["low", "mid", "high"][(hash % 3) as usize].into(),
            [" Male", " Female"][(hash / 3 % 2) as usize].into(),
            ["02139", "01001", "90210"][(hash / 5 % 3) as usize].into(),
            ["True", "False"][(hash / 7 % 2) as usize].into(),
            "EU".into(),
            String::new(),
            if hash.is_multiple_of(2) {
                format!("\"${},{:03}.{:02}\"", 1 + hash % 9, hash % 1000, hash % 100)
            } else {
                format!("${}.{:02}", hash % 1000, hash % 100)
            },
            format!("{}.{}%", hash % 90, hash / 90 % 10),
            format!("{} kg", 50 + hash % 60),
            format!("\"{},{:02}\"", 10 + hash % 20, hash / 20 % 100),
            format!("{}-{month:02}-{day:02}", 2019 + hash / 400 % 5),
            format!("{day:02}/{month:02}/{}", 2019 + hash / 400 % 5),
            format!("{}{month:02}{day:02}", 2019 + hash / 400 % 5),
            if hash.is_multiple_of(7) {
                "NA".into()
            } else {
                format!("2020-{month:02}-{day:02} {:02}:{:02}:00", hash % 24, hash % 60)
            },
            if hash.is_multiple_of(3) { "0".into() } else { (hash % 99_999).to_string() },
            if hash.is_multiple_of(19) { "-999".into() } else { format!("{}.{:02}", hash % 9, hash / 9 % 100) },
            format!("{}.{:03}e-0{}", 1 + hash % 9, hash / 9 % 1000, 6 + hash % 4),
            (100_000_000_000 + hash % 10_000_000_000).to_string(),
            format!("M{}", hash % 90),
            format!("the pump {hash} was checked"),
        ];
        text.push_str(&row.join(","));
        text.push('\n');
    }
    let schema = schema(&text);
    let kinds: Vec<&str> = schema.columns().iter().map(|column| column.kind.name()).collect();
    assert_eq!(
        kinds.join(" "),
        "id number category category category category constant empty number number number number date date date date \
         number number number number category text"
    );
    let (lines, written) = (read(&text), read(&String::from_utf8(there_and_back(text.as_bytes())).unwrap()));
    for (at, column) in schema.columns().iter().enumerate() {
        let made_anew = ["id", "text"].contains(&column.kind.name());
        for row in 0..lines.rows() {
            assert_eq!(
                lines.cell(row, at) == written.cell(row, at),
                !made_anew,
                "{}: {}",
                column.name,
                written.cell(row, at)
            );
        }
    }
}

#[test]
fn columns_are_taken_for_what_they_are() {
    let many = |f: &dyn Fn(usize) -> String, n: usize| (0..n).map(f).collect::<Vec<_>>();
    for (cells, kind, reason) in [
        (many(&|_| "EU".into(), 5), "constant", "the same in every row"),
        (many(&|_| "".into(), 5), "empty", "missing in every row"),
        (many(&|i| ["Y", "N"][i % 2].into(), 9), "category", "2 different texts"),
        (many(&|i| ["1", "0"][i % 2].into(), 9), "ordered", "2 different whole numbers from 0 to 1"),
        (many(&|i| ["1.5", "0.5"][i % 2].into(), 9), "ordered", "2 different numbers from 0.5 to 1.5"),
        (many(&|i| (i % 10).to_string(), 100), "ordered", "10 different whole numbers from 0 to 9"),
        (many(&|i| (i % 11).to_string(), 100), "number", "whole numbers from 0 to 10, 11 different"),
        (many(&|i| (i * 7 % 50).to_string(), 99), "number", "whole numbers from 0 to 49, 50 different"),
        (many(&|i| format!("0.{}1", i % 5), 99), "number", "numbers of 2 decimals from 0.01 to 0.41, 5 different"),
        (
            many(&|i| if i % 9 == 0 { "unknown".into() } else { format!("{}.5", i % 5) }, 90),
            "number",
            "numbers of 1 decimals from 0.5 to 4.5, 5 different; `unknown` (10 cells) read as missing",
        ),
        (
            many(&|i| if i == 7 { "1200".into() } else { format!("${},200", 1 + i * 7 % 90) }, 200),
            "number",
            "whole numbers from $1,200 to $90,200, 90 different; `1200` (1 cells) read as missing",
        ),
        (many(&|i| format!("0{}", i % 7), 90), "category", "7 different texts"),
        (many(&|i| format!("M{}", i % 37), 90), "category", "37 different texts"),
    ] {
        let column = column(&cells.iter().map(|cell| &cell[..]).collect::<Vec<_>>());
        assert_eq!((column.kind.name(), &column.reason[..]), (kind, reason), "{cells:?}");
    }
}
