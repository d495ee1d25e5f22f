#!/usr/bin/env python3
"""The package thimble as Python sees it."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import thimble

ROOT = pathlib.Path(__file__).resolve().parents[2]


class SpaceTest(unittest.TestCase):
    def setUp(self):
        self.space = thimble.Space.load(ROOT / "configs/spaces/demo.yaml")

    def test_subnets_are_values(self):
        subnet = self.space.sample(seed=3)
        self.assertEqual(subnet, self.space.sample(seed=3))
        self.assertEqual(len({subnet, self.space.parse(str(subnet))}), 1)
        self.assertNotEqual(subnet, self.space.sample(seed=4))
        self.assertEqual(len(subnet.stages), 3)

    def test_counts_are_those_of_the_layers(self):
        subnet = self.space.largest()
        layers = self.space.layers(subnet)
        self.assertEqual(sum(layer["macs"] for layer in layers), self.space.macs(subnet))
        self.assertEqual(layers[0]["name"], "stem")
        self.assertEqual(layers[-1]["output_shape"], [1, 2])

    def test_a_bad_file_is_a_value_error_with_all_issues(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "bad.yaml"
            file.write_text("resolutions: [4]\nwidth_multipliers: [1, 0.5]\nstages: []\n")
            with self.assertRaises(ValueError) as raised:
                thimble.Space.load(file)
        self.assertIsInstance(raised.exception, thimble.ConfigError)
        issues = raised.exception.issues
        self.assertEqual([issue["key"] for issue in issues], ["resolutions", "width_multipliers", "stages"])
        self.assertEqual((issues[1]["line"], issues[1]["rule"]), (2, "must be ascending, without repeats"))

    def test_a_text_that_is_no_subnet_says_why(self):
        with self.assertRaisesRegex(thimble.ConfigError, "resolution 33 is not in the space"):
            self.space.parse(str(self.space.smallest()).replace("r32", "r33"))


class StrategyTest(unittest.TestCase):
    def setUp(self):
        self.space = thimble.Space.load(ROOT / "configs/spaces/demo.yaml")

    def answers(self, subnets):
        return [(s, {"top1": self.space.params(s) / 1e6, "macs": self.space.macs(s)}) for s in subnets]

    def test_a_search_is_a_function_of_seed_and_answers(self):
        def questions():
            search = thimble.Evolution(self.space, population=10, parents=3, seed=5)
            for _ in range(3):
                subnets = search.ask()
                search.tell(self.answers(subnets))
            return [str(s) for s in search.ask()]

        self.assertEqual(questions(), questions())

    def test_a_python_check_limits_the_search(self):
        search = thimble.RandomSearch(self.space, lambda s: self.space.macs(s) < 1e6, population=30)
        self.assertTrue(all(self.space.macs(s) < 1e6 for s in search.ask()))

    def test_what_nothing_meets_is_an_error_with_the_reason(self):
        search = thimble.Evolution(self.space, lambda s: thimble.Fit(2.0, "three times too large"))
        with self.assertRaisesRegex(thimble.DoesNotFitError, "nearest miss.*three times too large"):
            search.ask()

    def test_an_exception_in_a_check_comes_back(self):
        with self.assertRaises(ZeroDivisionError):
            thimble.rank_spaces(self.space, lambda s: 1 / 0, samples=3, threads=2)

    def test_a_rejected_or_incomplete_answer(self):
        search = thimble.Evolution(self.space, population=4)
        first, *others = search.ask()
        search.tell([(first, None)])
        with self.assertRaisesRegex(thimble.Error, "has no metric top1"):
            search.tell([(others[0], {"macs": 1})])

    def test_a_wrong_objective_is_a_value_error(self):
        with self.assertRaisesRegex(ValueError, "must be \"max\" or \"min\""):
            thimble.Evolution(self.space, objectives={"top1": "up"})

    def test_the_front_of_metrics(self):
        rows = [{"top1": 0.9, "macs": 5}, {"top1": 0.8, "macs": 6}, {"top1": 0.7, "macs": 1}]
        self.assertEqual(thimble.pareto_front(rows, {"top1": "max", "macs": "min"}), [0, 2])


class ImportTest(unittest.TestCase):
    def test_a_package_that_is_not_built_says_how_to_build_it(self):
        done = subprocess.run([sys.executable, "-c", "import thimble"], env={"PYTHONPATH": str(ROOT / "python")},
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"ImportError: the compiled part of thimble is not in {ROOT}/python/thimble", done.stderr)
        self.assertIn("scripts/build release", done.stderr)
        self.assertIn("PYTHONPATH=build/release/python", done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
