"""A table, as with scikit-learn: rows in, rows out, in the kind of frame that came in."""

import pathlib

import ganymede as gm

# Any frame of pandas, polars or pyarrow will do as well, and so will a dict of columns; here a file, and a part of it to judge by.
lines = pathlib.Path("adult.csv").read_text().splitlines(keepends=True)
pathlib.Path("train.csv").write_text("".join(lines[:1] + lines[1::2]))
pathlib.Path("test.csv").write_text("".join(lines[:1] + lines[2::2]))

model = gm.TabularGAN(epochs=100, target="income", seed=0)  # get_params, set_params and clone as in scikit-learn
model.fit("train.csv")
print(model.columns_)  # what each column was taken for, and why; kinds={"age": "category"} overrules

rows = model.sample(5_000)
rich = model.sample(500, where={"income": ">50K"})  # every row has it
print(model.evaluate("test.csv"))  # columns, pairs, how well rows are told from real ones, copies
print(model.helps("train.csv", "test.csv", target="income"))  # a classifier with and without the generated rows, with an interval

model.save("people.gan")
again = gm.TabularGAN.load("people.gan")
assert again.sample(10, seed=1) == model.sample(10, seed=1)
