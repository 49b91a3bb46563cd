"""Writes crates/ganymede-data/tests/fixtures/parquet: one small table as pandas writes it with each compression, and as CSV.

    pip install pandas==3.1.1 pyarrow==26.0.1
    python reference/parquet_tables.py
"""

import pathlib

import numpy
import pandas

OUT = pathlib.Path(__file__).parent.parent / "crates/ganymede-data/tests/fixtures/parquet"
ROWS = 60


def table():
    random = numpy.random.default_rng(1)
    days = pandas.to_datetime("2024-01-01") + pandas.to_timedelta(random.integers(0, 400, ROWS), unit="D")
    seconds = pandas.to_timedelta(random.integers(0, 40_000_000, ROWS), unit="s")
    return pandas.DataFrame(
        {
            "whole": random.integers(-500, 1000, ROWS),
            "decimal": random.normal(size=ROWS).round(2),
            "text": random.choice(["a", "b,c", 'd "q"', "ü", None], ROWS),
            "flag": random.choice([True, False], ROWS),
            "day": days.date,
            "millis": (pandas.to_datetime("2024-01-01") + seconds).astype("datetime64[ms]"),
            "micros": (pandas.to_datetime("2024-01-01") + seconds).astype("datetime64[us]"),
            "nanos": (pandas.to_datetime("2024-01-01") + seconds).astype("datetime64[ns]"),
            "category": pandas.Categorical(random.choice(["x", "y"], ROWS)),
            "large": random.integers(0, 1 << 40, ROWS),
            "empty": pandas.array([None] * ROWS, dtype="Int64"),
            "missing": pandas.array(numpy.where(random.random(ROWS) < 0.2, None, random.integers(0, 9, ROWS)), dtype="Int64"),
        }
    )


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    rows = table()
    for compression in ["none", "snappy", "gzip", "zstd", "brotli"]:
        rows.to_parquet(OUT / f"{compression}.parquet", compression=None if compression == "none" else compression)
    rows.assign(parts=[[1, 2]] * ROWS).to_parquet(OUT / "lists.parquet")
    flags = rows.flag.map({True: "true", False: "false"})
    rows.assign(flag=flags).to_csv(OUT / "rows.csv", index=False)


main()
