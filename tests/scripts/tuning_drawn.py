# SPDX-License-Identifier: GPL-2.0-or-later
"""plots/tuning.py: a chart of steps, and two of what tune tried, from small inputs; bad input gets a line, status 2."""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(os.environ.get("MB_SOURCE_DIR", Path(__file__).resolve().parents[2]))
STEPS = {"version": "commit 0, gcc", "workloads": {
    "a-boot": {"linux": 100, "lower": 90, "all": 50, "adaptive": 40}, "another": {"linux": 100, "lower": 101, "all": 80, "adaptive": 30},
    "gen:x:size=256 new": {"linux": 1, "lower": 1, "all": 1, "adaptive": 1}}}
ROW = {"share": 1.0, "growths": 3, "growth_bytes": 4096, "metadata_bytes_peak": 6144, "blocks_2M_lost": 0, "margin": 3}
TUNE = {"boots": ["a-boot"], "pareto": [], "beside": [{"variant": "linux", **ROW}],
        "rows": [{"variant": "linux", **ROW}, *({"variant": f"linux:init={n}", **ROW, "growths": 512 // n} for n in (128, 256, 512))]}


def draw(what, data, folder, status=0):
    file = Path(folder) / "in.json"
    file.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    done = subprocess.run([os.environ.get("MB_PYTHON", "/usr/bin/python3"), "-B", SOURCE / "plots/tuning.py", what, file, f"--out={folder}/charts"],
                          capture_output=True, text=True, check=False)
    if done.returncode == 3 and not os.environ.get("CI"):
        print("SKIPPED:", done.stderr.strip(), file=sys.stderr)
        sys.exit(77)
    assert done.returncode == status, done
    return done


def main():
    with tempfile.TemporaryDirectory() as folder:
        for what, data, names in (("steps", STEPS, {"steps-against-default"}),
                                  ("tune", TUNE, {"growth-by-slots", "growth-against-metadata"})):
            draw(what, data, folder)
            for name in names:
                assert (Path(folder) / "charts" / f"{name}.png").stat().st_size > 5000, name
                text = (Path(folder) / "charts" / f"{name}.svg").read_text(encoding="utf-8")
                assert "linux" in text, name
        for data, said in (("{", "is no JSON"), ({}, "it lacks one of"), ({"version": "x", "workloads": {}}, "no boots in it")):
            done = draw("steps", data, folder, status=2)
            assert said in done.stderr and done.stderr.count("\n") == 1, done
    return 0


if __name__ == "__main__":
    sys.exit(main())
