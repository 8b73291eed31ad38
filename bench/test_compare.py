"""Tests of the logic of compare.py: python -m unittest discover -s bench. No program is run."""

import json
import math
import struct
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import builds
import cases
import compare
import machine
import problem
import ratios
from ratios import Result, Turn

PASSED = {"loss_difference": 1e-7, "alignment_difference": 1e-8}


class Differences(unittest.TestCase):
    def test_loss_is_relative_and_alignment_absolute(self):
        ours = {"loss": [100.0, 2.0], "alignment": [0.5, 0.1]}
        peer = {"loss": [101.0, 2.0], "alignment": [0.5, 0.3]}
        loss, alignment = ratios.differences(peer, ours)
        self.assertAlmostEqual(loss, 0.01)
        self.assertAlmostEqual(alignment, 0.2)

    def test_first_runs_are_enough_and_more_runs_are_an_error(self):
        ours = {"loss": [4.0, 2.0], "alignment": [0.5, 0.1]}
        first = {"loss": [4.0], "alignment": [0.5]}
        self.assertEqual(ratios.differences(first, ours), (0, 0))
        with self.assertRaises(ValueError):
            ratios.differences(ours, first)
        with self.assertRaises(ValueError):
            ratios.differences({"loss": [], "alignment": []}, ours)

    def test_not_a_number_disagrees_wherever_it_stands(self):
        for losses in ([math.nan, 1.0], [1.0, math.nan]):
            peer = {"loss": losses, "alignment": [0.0, 0.0]}
            ours = {"loss": [1.0, 1.0], "alignment": [0.0, 0.0]}
            result = Result("peer")
            result.loss_difference, result.alignment_difference = ratios.differences(peer, ours)
            self.assertTrue(result.disagrees("f32"))

    def test_tolerance_depends_on_precision(self):
        result = Result("peer", **PASSED)
        self.assertFalse(result.disagrees("f32"))
        self.assertTrue(result.disagrees("f64"))


class Builds(unittest.TestCase):
    @staticmethod
    def result(ours):
        return Result("other", [Turn(1.0, our, 2.0, 2.5 * our) for our in ours], **PASSED)

    def test_a_case_is_slower_by_its_median_turn(self):
        self.assertFalse(builds.is_slower(self.result([1.04, 0.9, 3.0])))
        self.assertTrue(builds.is_slower(self.result([1.06, 0.9, 3.0])))

    def test_ratios_are_over_the_other_build(self):
        row = builds.row("relu", "f32", self.result([1.5, 2.0, 3.0]))
        self.assertIn("2.000 (1.500 to 3.000) SLOWER", row)
        self.assertIn("| 1.875 |", row)
        self.assertIn("| 1.5 s | 1 s |", row)

    def test_other_numbers_are_not_timed(self):
        result = Result("other", loss_difference=1e-3, alignment_difference=0.0)
        self.assertIn("DISAGREES", builds.row("relu", "f32", result))
        self.assertFalse(builds.is_slower(result))


class Table(unittest.TestCase):
    def test_ratios_are_of_pairs_and_of_least_processor_times(self):
        turns = [Turn(6.0, 2.0, 4.0, 1.0), Turn(8.0, 1.0, 3.0, 2.0)]
        result = Result("peer", turns)
        self.assertEqual(result.wall_ratios(), [3.0, 8.0])
        self.assertEqual(result.processor_ratio(), 3.0)

    def test_every_program_has_a_line_with_all_columns(self):
        results = [
            Result("timed", [Turn(2e-3, 1e-4, 1e-3, 5e-5)], **PASSED),
            Result("absent", missing="No module named 'torch'"),
            Result("broken", failed="no compiler"),
            Result("other", loss_difference=0.5, alignment_difference=0.0),
        ]
        lines = ratios.rows("tanh", "f32", results)
        columns = ratios.HEADER.splitlines()[0].count("|")
        self.assertEqual([line.count("|") for line in lines], [columns] * 5)
        ours, timed, absent, broken, other = lines
        self.assertIn("| falign | 100 µs | 50 µs | 1 | 1 |", ours)
        self.assertIn("| 2 ms | 1 ms | 20 (20 to 20) | 20 | 1e-07, 1e-08 |", timed)
        self.assertIn("missing: No module named 'torch'", absent)
        self.assertIn("failed: no compiler", broken)
        self.assertIn("DISAGREES", other)

    def test_times_have_a_unit_that_fits(self):
        texts = [ratios.time_text(t) for t in (2.0, 0.0314, 5e-6, 4.21e-7)]
        self.assertEqual(texts, ["2 s", "31.4 ms", "5 µs", "421 ns"])


class Reading(unittest.TestCase):
    def test_safetensors_are_read_by_name(self):
        a, b = np.arange(6, dtype=np.float32).reshape(2, 3), np.array([0.5])
        header = {
            "__metadata__": {"note": "x"},
            "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
            "b": {"dtype": "F64", "shape": [1], "data_offsets": [24, 32]},
        }
        text = json.dumps(header).encode()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.safetensors"
            path.write_bytes(struct.pack("<Q", len(text)) + text + a.tobytes() + b.tobytes())
            arrays = problem.read_safetensors(path)
        self.assertEqual(sorted(arrays), ["a", "b"])
        np.testing.assert_array_equal(arrays["a"], a)
        np.testing.assert_array_equal(arrays["b"], b)

    def test_idx_has_its_shape_and_other_types_are_refused(self):
        data = b"\0\0\x08\x02" + struct.pack(">2I", 2, 3) + bytes(range(6))
        np.testing.assert_array_equal(problem.read_idx(data), [[0, 1, 2], [3, 4, 5]])
        with self.assertRaises(ValueError):
            problem.read_idx(b"\0\0\x0d" + data[3:])


class Choice(unittest.TestCase):
    def test_images_are_compared_in_single_precision_only(self):
        names = ["tanh", "lenet", "mnist"]
        named = lambda *precisions: [
            (case.name, case.precision) for case in cases.chosen(names, precisions, 4, 2)
        ]
        self.assertEqual(named("f64"), [("tanh", "f64")])
        self.assertEqual(named("f32"), [("tanh", "f32"), ("mnist", "f32"), ("lenet", "f32")])

    def test_alignments_that_a_case_does_not_measure_do_not_differ(self):
        found = ratios.differences(*({"loss": [loss], "alignment": []} for loss in (1.01, 1.0)))
        self.assertAlmostEqual(found[0], 0.01)
        self.assertEqual(found[1], 0.0)

    def test_a_turn_has_at_least_one_step(self):
        self.assertEqual(compare.steps_for(2.0, 0.1), 20)
        self.assertEqual(compare.steps_for(2.0, 5.0), 1)

    def test_only_amd_processors_are_overridden(self):
        self.assertTrue(machine.needs_override({"vendor": "AuthenticAMD"}))
        self.assertFalse(machine.needs_override({"vendor": "GenuineIntel"}))


if __name__ == "__main__":
    unittest.main()
