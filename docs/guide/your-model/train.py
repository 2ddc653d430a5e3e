"""Trains a model of who pays a car loan back, on January to July 2018; the next three months are its reference."""

from pathlib import Path

import pandas as pd
import yaml
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

HERE = Path(__file__).parent
DATA = HERE / "nannyml" / "datasets" / "data"
FEATURES = yaml.safe_load((HERE / "contract.yaml").read_text(encoding="utf-8"))["features"]


def matrix(rows: pd.DataFrame) -> pd.DataFrame:
    """What the model takes: a float32 column a feature, in the contract's order; a category is its place in the list."""
    columns = {}
    for feature in FEATURES:
        values = rows[feature["name"]]
        if feature["type"] == "category":
            values = values.map({one: place for place, one in enumerate(feature["categories"])})
        columns[feature["name"]] = values.astype("float32")
    return pd.DataFrame(columns)


rows = pd.read_csv(DATA / "synthetic_car_loan_dq_reference.csv")
# The names of the events' fields are those of the contract.
rows = rows.rename(columns={"timestamp": "applied_at", "repaid_loan_on_prev_car": "repaid_before"})
rows["applied_at"] = pd.to_datetime(rows["applied_at"], utc=True)
rows["repaid"] = rows["repaid"].astype(bool)
trained, held_out = rows[rows["applied_at"] < "2018-08-01"], rows[rows["applied_at"] >= "2018-08-01"]

# A missing value comes as NaN, an unknown category as -1: here both are -1.
model = make_pipeline(SimpleImputer(strategy="constant", fill_value=-1), GradientBoostingClassifier(random_state=0))
model.fit(matrix(trained).to_numpy(), trained["repaid"])
right = model.score(matrix(held_out).to_numpy(), held_out["repaid"])
print(f"right on {right:.1%} of {len(held_out):,} held-out applications")

# Without ZipMap the scores are a matrix with a column a class, of which driftline takes the last.
takes = [("features", FloatTensorType([None, len(FEATURES)]))]
onnx = to_onnx(model, initial_types=takes, options={"zipmap": False})
(HERE / "model.onnx").write_bytes(onnx.SerializeToString())
names = ["applied_at", *(feature["name"] for feature in FEATURES), "repaid"]
held_out[names].to_parquet(HERE / "reference.parquet", index=False)
print("written: model.onnx, reference.parquet")
