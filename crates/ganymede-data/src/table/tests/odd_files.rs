//! Odd files: right, or refused with line and column. Not here: what columns are taken for (`round_trip.rs`).

use super::*;

/// The names and rows of a table, cells separated by `/`.
fn rows(table: &Table) -> String {
    let row = |row: usize| (0..table.columns()).map(|column| table.cell(row, column)).collect::<Vec<_>>().join("/");
    let rows = (0..table.rows()).map(row);
    std::iter::once(table.names.join("/")).chain(rows).collect::<Vec<_>>().join(" | ")
}

#[test]
fn odd_files_are_read() {
    let utf16 =
        |text: &str| [&[0xff, 0xfe][..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat();
    for (bytes, expected) in [
        (b"a,b\n1,x\n2,y\n".to_vec(), "a/b | 1/x | 2/y"),
        (b"a,b\r\n1,x\r\n2,y".to_vec(), "a/b | 1/x | 2/y"),
        (b"a,b\r1,x\r2,y\r".to_vec(), "a/b | 1/x | 2/y"),
        (b"a;b\n1,5;x\n2;y\n".to_vec(), "a/b | 1,5/x | 2/y"),
        (b"a\tb\n1\tx,y\n".to_vec(), "a/b | 1/x,y"),
        (b"a|b\n1|x\n".to_vec(), "a/b | 1/x"),
        (b"sep=;\r\na;b,c\r\n1;x\r\n".to_vec(), "a/b,c | 1/x"),
        (b"\xef\xbb\xbfa,b\n1,x\n".to_vec(), "a/b | 1/x"),
        (utf16("a,é\r\n1,日本\r\n"), "a/é | 1/日本"),
        (b"a,b\n\n1,x\n\n\n2,y\n\n".to_vec(), "a/b | 1/x | 2/y"),
        (b"a,b\n1,x\n   \n,\n , \n".to_vec(), "a/b | 1/x"),
        (b"a,b\n1,x\n,\n2,y\n".to_vec(), "a/b | 1/x | / | 2/y"),
        (b"a,b\n1,\"x\ny\"\n2,\"z\"\"z\"\n".to_vec(), "a/b | 1/x\ny | 2/z\"z"),
        (b"a,b\n1,5\" pipe\n2,6\" pipe\n".to_vec(), "a/b | 1/5\" pipe | 2/6\" pipe"),
        (b"a\tb\n1\t\"hello\n2\tyou\" there\n".to_vec(), "a/b | 1/\"hello | 2/you\" there"),
        (b"a,b\n1,\"say \\\"hi\\\", x\"\n2,y\n".to_vec(), "a/b | 1/say \"hi\", x | 2/y"),
        (b" a , b\n1, x \n".to_vec(), "a/b | 1/ x "),
        (b"a,,c\n1,x,2\n".to_vec(), "a/2/c | 1/x/2"),
        (b",a\n0,x\n1,y\n".to_vec(), "1/a | 0/x | 1/y"),
        (b"x\n1\n2\n".to_vec(), "x | 1 | 2"),
        (b"x\n\"\"\n2\n".to_vec(), "x |  | 2"),
        (b"2024,2025\nlow,1\nmid,2\n".to_vec(), "2024/2025 | low/1 | mid/2"),
        (b"country,1960,1961\nPeru,1,2\nChile,3,4\n".to_vec(), "country/1960/1961 | Peru/1/2 | Chile/3/4"),
        (b"country,1/22/20,1/23/20\nPeru,1,2\nChile,3,4\n".to_vec(), "country/1/22/20/1/23/20 | Peru/1/2 | Chile/3/4"),
        (
            b"5.1,3.5,setosa\n4.9,3.0,setosa\n6.0,2.2,virginica\n".to_vec(),
            "1/2/3 | 5.1/3.5/setosa | 4.9/3.0/setosa | 6.0/2.2/virginica",
        ),
        (b"1,2\n3,4\n".to_vec(), "1/2 | 1/2 | 3/4"),
        (b"0,1,2\n3.5,4.5,5.5\n".to_vec(), "0/1/2 | 3.5/4.5/5.5"),
        (b"7\n".to_vec(), "1 | 7"),
        (b"p,x,s\ne,x,s\np,f,y\n".to_vec(), "1/2/3 | p/x/s | e/x/s | p/f/y"),
        (b"a,b\nx,y\n".to_vec(), "a/b | x/y"),
        (b"a\r\n\"x\ry\"\r\n".to_vec(), "a | x\ry"),
    ] {
        let table = Table::read(bytes.clone(), &Reading::default());
        let table = table.unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&bytes)));
        assert_eq!(rows(&table), expected, "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_its_line() {
    for (bytes, expected) in [
        (&b""[..], "expected a table, found no row"),
        (b"\n\n", "expected a table, found no row"),
        (b"\xef\xbb\xbf", "expected a table, found no row"),
        (b"a,b\n", "line 1: expected a row below the names of the columns, found none"),
        (b"\n\na,b", "line 3: expected a row below the names of the columns, found none"),
        (b"a,b\n1,2\n3\n", "line 3: expected 2 cells, as in the first row, found 1"),
        (b"a,b\n1,2,3\n", "line 2: expected 2 cells, as in the first row, found 3"),
        (b"a,b\r1,2\r3,4,5\r", "line 3: expected 2 cells, as in the first row, found 3"),
        (b"a,b\n\"x\ny\",2\n\n3\n", "line 5: expected 2 cells, as in the first row, found 1"),
        (b"sep=;\na;b\n1\n", "line 3: expected 2 cells, as in the first row, found 1"),
        (b"my table\na,b\n1,2\n", "line 2: expected 1 cell, as in the first row, found 2"),
        (b"x\n1,5\n2,5\n", "line 2: expected 1 cell, as in the first row, found 2"),
        (b"a,b\n1,\"x, y\n2,z\n", "line 2: expected a second quote (\"), found none to the end of the table"),
        (
            b"a,b\n\"x\ny\" z,1\n\"u,v\",2\n",
            "line 3: expected ',' or the end of the line behind a cell in quotes, found ` z,1`",
        ),
        (b"a,b, a\n1,2,3\n", "line 1: expected columns of different names, found `a` in columns 1 and 3"),
        (b"2,\n1,2\nx,y\n", "line 1: expected columns of different names, found `2` in columns 1 and 2"),
        (b"a,b\n1,\x00\n", "line 2: expected text, found a byte 0"),
        (b"a,b\n1,caf\xe9\n", "line 2: expected UTF-8, found the byte e9 of another encoding"),
        (b"\xff\xfea\0,\0b", "line 1: expected UTF-16, found an odd number of bytes"),
    ] {
        let error = Table::read(bytes.into(), &Reading::default()).unwrap_err();
        assert_eq!(error.to_string().trim_end(), expected, "{}", String::from_utf8_lossy(bytes));
    }
    let wide = format!("{}\n1\n", "a,".repeat(MAX_COLUMNS));
    let error = Table::read(wide.into(), &Reading::default()).unwrap_err();
    assert_eq!(error.to_string(), "line 1: expected at most 65536 columns, found 65537");
    let error = Table::read(b"a\n".to_vec(), &Reading { delimiter: Some('é'), ..Reading::default() }).unwrap_err();
    assert_eq!(error.reason, "expected a delimiter such as `,`, found 'é'");
}

#[test]
fn a_share_of_bad_lines_may_be_left_out() {
    let text = "a,b\n1,2\n3\n4,5\n\"6\"x,7\n8,\"9\"\n10,11\n";
    let read = |max_bad| Table::read(text.into(), &Reading { max_bad, ..Reading::default() });
    let table = read(0.5).unwrap();
    assert_eq!(rows(&table), "a/b | 1/2 | 4/5 | 8/9 | 10/11");
    let bad: Vec<String> = table.bad.iter().map(|bad| format!("{}: {}", bad.line, bad.reason)).collect();
    assert_eq!(
        bad,
        [
            "3: expected 2 cells, as in the first row, found 1",
            "5: expected ',' or the end of the line behind a cell in quotes, found `x,7`"
        ]
    );
    assert_eq!(
        table.notes,
        ["2 bad lines left out, the first is line 3: expected 2 cells, as in the first row, found 1"]
    );
    assert_eq!((0..4).map(|row| table.line(row)).collect::<Vec<_>>(), [2, 4, 6, 7]);
    let error = read(0.1).unwrap_err().to_string();
    assert_eq!(
        error,
        "line 3: expected 2 cells, as in the first row, found 1 (2 of 7 lines are bad, at most 10 % may be)"
    );
}

#[test]
fn large_tables_are_read() {
    let names: Vec<String> = (0..3000).map(|at| format!("c{at}")).collect();
    let row = |start: usize| (start..start + 3000).map(|x| x.to_string()).collect::<Vec<_>>().join(",");
    let text = format!("{}\n{}\n{}\n", names.join(","), row(0), row(7));
    assert_eq!(there_and_back(text.as_bytes()), text.as_bytes());
    let long = format!("a,b\n{},1\nx,2\n", "long ".repeat(200_000));
    assert_eq!(read(&long).cell(0, 0).len(), 1_000_000);
    let many: String = (0..200_000).map(|at| format!("v{}\n", at * 7919 % 100_000)).collect();
    let text = format!("a\n{many}");
    assert_eq!(there_and_back(text.as_bytes()), text.as_bytes());
    let schema = schema(&text);
    let Kind::Category { values, numbers: None } = &schema.columns()[0].kind else { panic!() };
    assert_eq!((values.len(), &values[10].text[..]), (100_000, "v10"));
}

#[test]
fn what_is_asked_for_holds() {
    let asked = |text: &str, header, delimiter| {
        rows(&Table::read(text.into(), &Reading { header, delimiter, ..Reading::default() }).unwrap())
    };
    assert_eq!(asked("1,2\n3,4\n", Some(true), None), "1/2 | 3/4");
    assert_eq!(asked("a,b\n3,4\n", Some(false), None), "1/2 | a/b | 3/4");
    assert_eq!(asked("a,b\n3,4\n", None, Some(';')), "a,b | 3,4");
    let table = read("5,6\n3,4\n");
    assert_eq!(table.notes, ["the first row looks like the others: the columns have numbers for names"]);
}
