"""Populations: the same semantics as the model, the same numbers wherever they are made, and nothing impossible."""

import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kmc_model.actions import RequestReset
from kmc_model.analysis.population import (
    Behaviour,
    Impossible,
    LogNormal,
    apply_settings,
    lives,
    replay,
    simulate,
    sweep,
)
from kmc_model.analysis.population import study as studies
from kmc_model.analysis.population.behaviour import DAY_S
from kmc_model.analysis.population.crowd import Crowd, arrays_of
from kmc_model.analysis.population.visits import Done
from kmc_model.policy import ARTICLE, KALTURA_SERVER, Policy
from tests.conftest import ROOT, WHOLE, kmc

LIVES = 10_000 if WHOLE else 100
ROUGH = {"mistypes_password": 0.2, "forgets_password": 0.3, "mail_bounces": 0.1, "phone_clock_is_off": 0.3}
SETTINGS: dict[str, tuple[Policy, Behaviour]] = {
    "article": (ARTICLE, Behaviour()),
    "kaltura-server": (KALTURA_SERVER, Behaviour()),
    "strict": apply_settings(
        {"failures_max": 2, "qr_ttl": "1h", "tolerance_steps": 0, "reset_link_ttl": "10m", **ROUGH}
    ),
    "long locks": apply_settings(
        {"failures_max": 1, "lock": "2d", "unused_qr_code_ttl": "1h", "tolerance_steps": 3, "loses_phone": 1.0, **ROUGH}
    ),
}


# The same semantics


@pytest.mark.parametrize("name", SETTINGS)
def test_sampled_lives_end_on_the_model_as_in_the_simulation(name: str) -> None:
    policy, behaviour = SETTINGS[name]
    sampled = list(lives(LIVES, 60, policy, behaviour, seed=7))
    assert sum(life.actions for life in sampled) > 50 * LIVES
    assert [each for life in sampled for each in replay(life, policy)][:3] == []


def test_a_replay_notices_another_policy() -> None:
    found = [each for life in lives(300, 30) for each in replay(life, replace(ARTICLE, enrolment_link_ttl_s=3600))]
    assert {each.modelled.requirement for each in found} >= {"ENR-009"}


def test_a_lives_actions_are_those_that_are_counted() -> None:
    arrays = arrays_of(ARTICLE)
    counts = Crowd(arrays, Behaviour(), 400, 20, np.random.SeedSequence(0, spawn_key=(0, 0))).run()
    done = [each for life in lives(400, 20) for sat in life.visits for each in sat.done]
    counted = (counts.traces @ arrays.counts).sum(axis=0)
    by_action = {name: 0 for name, answer, _ in arrays.measures if answer}
    for (name, answer, _), count in zip(arrays.measures, counted, strict=True):
        if answer:
            by_action[name] += int(count)
    assert by_action == {name: sum(_name(each) == name for each in done) for name in by_action}


def _name(done: Done) -> str:
    return done.act.does.__name__ + (" with a code" if done.act.code is not None else "")


# Numbers


def test_a_longer_lifetime_lets_more_enrol_and_spares_the_help_desk() -> None:
    made = sweep({"qr_ttl": ["1h", "24h", "7d"]}, users=1000, days=14)
    of = made.pivot_table(index="measure", columns="qr_ttl", values="mean")[["1h", "24h", "7d"]]
    for measure in ("QR codes died unused", "resets", "help desk calls"):
        assert of.loc[measure].is_monotonic_decreasing, measure
    assert of.loc["enrolled by day 2", "7d"] > of.loc["enrolled by day 2", "24h"]


def test_failures_lock_where_the_limit_is_low() -> None:
    made = sweep({"failures_max": [3, 10]}, users=1000, days=14, seeds=1).set_index(["failures_max", "measure"])["mean"]
    assert made[3, "locked"] > 0
    assert made[10, "locked"] == 0


def test_no_tolerance_refuses_the_codes_of_slow_typists() -> None:
    made = sweep({"tolerance_steps": [0, 1]}, users=1000, days=14, seeds=2).set_index(["tolerance_steps", "measure"])[
        "mean"
    ]
    assert made[0, "logins refused"] > 3 * made[1, "logins refused"]


def test_of_nobody_who_slips_every_login_is_accepted() -> None:
    never = {each.name: 0.0 for each in fields(Behaviour) if str(each.metadata["unit"]).startswith("share")}
    quick = LogNormal(60, 60)
    calm = Behaviour(**never | {"logs_in_on_working_day": 1.0}, enrolment_mail_delay=quick, typing_time=LogNormal(1, 1))
    made = simulate(500, 14, behaviour=calm, seeds=1)
    assert made.refusals["action"].tolist() == []
    assert made.by_day["logins"].tolist()[1:5] == [500.0] * 4
    assert made.by_day["first logged in with a code"].tolist()[:2] == [500.0, 0.0]


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_of_links_refused_is_followed_by_a_call(share: float) -> None:
    made = simulate(2000, 14, behaviour=Behaviour(calls_about_link=share), seeds=1).summary.set_index("measure")["mean"]
    assert made["calls: link refused"] == share * made["links refused"]
    assert made["links refused"] > 0
    assert made["help desk calls"] == made[["calls: codes refused", "calls: no mail came", "calls: link refused"]].sum()


def test_who_waits_for_a_mail_in_vain_calls_the_help_desk_once() -> None:
    made = simulate(2000, 60, behaviour=Behaviour(mail_bounces=1.0), seeds=1).summary.set_index("measure")["mean"]
    assert made["calls: no mail came"] == made["enrolled"] == 2000


def test_no_two_blocks_and_seeds_are_alike() -> None:
    plan = studies.plan_of(ARTICLE, Behaviour(), 1000, 7, 0, block=500)
    made = {plan.crowd(seed, block).run().traces.tobytes() for seed in (0, 1) for block in (0, 1)}
    assert len(made) == 4


def test_an_interval_holds_what_many_more_users_show() -> None:
    few, many = simulate(2000, 14, seeds=8).summary, simulate(100_000, 14, seed=1, seeds=1).summary
    share = many["mean"] / 50
    inside = (few["low"] <= share) & (share <= few["high"]) | (few["mean"] - share).abs().lt(1)
    assert inside.mean() > 0.8


def test_intervals_are_students() -> None:
    frame = studies._interval(np.array([[1, 2, 3, 4, 5, 6]]))
    assert frame.loc[0, "high"] - 3.5 == pytest.approx(2.5706 * 1.8708 / 6**0.5, rel=1e-3)
    assert np.isnan(studies._interval(np.array([[1]])).loc[0, "high"])


# The same wherever it is made


@pytest.fixture
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "TASK", 1)
    monkeypatch.setattr(studies, "BLOCK", 500)


@pytest.mark.usefixtures("small_tasks")
def test_a_study_is_the_same_in_any_number_of_processes() -> None:
    alone, together = (simulate(3200, 7, seeds=2, workers=workers) for workers in (1, 3))
    pd.testing.assert_frame_equal(alone.to_frame(), together.to_frame(), check_exact=True)
    pd.testing.assert_frame_equal(alone.refusals, together.refusals, check_exact=True)


def test_another_seed_is_another_study() -> None:
    assert not simulate(500, 7, seed=1).summary.equals(simulate(500, 7, seed=2).summary)


GRID: dict[str, list[object]] = {"qr_ttl": ["1h", "24h"]}


@pytest.fixture
def client() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with (
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client


@pytest.mark.usefixtures("small_tasks")
def test_a_cluster_makes_the_same_table_though_a_worker_is_killed(client: Any) -> None:
    here = sweep(GRID, users=600, days=3, seeds=2)
    workers = client.run(os.getpid)
    killed = threading.Event()

    def kill(share: float) -> None:
        if share > 0.1 and not killed.is_set():
            killed.set()
            os.kill(next(iter(workers.values())), signal.SIGKILL)

    there = sweep(GRID, users=600, days=3, seeds=2, client=client, on_progress=kill)
    assert killed.is_set()
    assert there.to_csv().encode() == here.to_csv().encode()


def test_whoever_waits_for_a_reset_mail_does_not_log_in_meanwhile() -> None:
    late = Behaviour(reset_mail_delay=LogNormal(5 * DAY_S, 9 * DAY_S))
    asked = 0
    for life in lives(200, 60, ARTICLE, late, seed=3):
        waits = False
        for sat in life.visits:
            assert not (waits and sat.kind == "logs in" and sat.done)
            waits = any(each.act.does is RequestReset for each in sat.done)
            asked += waits
    assert asked > 100


# Nothing impossible


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["--set", "reset_mail_delay=-1h"], "reset_mail_delay"),
        (["--set", "qr_ttl=0"], "enrolment_link_ttl_s=0 cannot be simulated"),
        (["--set", "qr_tll=72h"], "there is no setting 'qr_tll'"),
        (["--set", "qr_ttl=soon"], "write a number, a time as 90s"),
        (["--set", "qr_ttl"], "write NAME=VALUE"),
        (["--set", "mail_bounces=1.5"], "from 0 to 1"),
        (["--set", "code_counts_once=3"], "code_counts_once=3"),
        (["--set", "failures_max=0"], "failures_max=0"),
        (["--set", "failures_max=2.5"], "failures_max=2.5"),
        (["--set", "day_begins=23h"], "a day from"),
        (["--set", "lock_s=60"], "it would end while people sit there; it takes 0 to 30, or 600 (10m) and more"),
        (["--set", "mistypes_password=1"], "of logins cannot be out of the ordinary"),
        (["--users", "1000000000000"], "users=1000000000000 cannot be: it takes 1 to 1,000,000,000"),
        (["--users", "0"], "users=0"),
        (["--days", "100000"], "days=100000"),
        (["--seeds", "0"], "seeds=0"),
        (["-n", "0"], "-n takes 1 or more"),
        (["--policy", "loose"], "unknown policy 'loose'"),
        (["--out", "table.xls"], ".csv or .parquet"),
        (["--out", "/no/such/folder/table.csv"], "cannot be written"),
    ],
)
def test_impossible_settings_are_one_clear_line_before_any_work(
    settings: list[str], words: str, tmp_path: Path
) -> None:
    done = kmc("simulate", *settings, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", [each.name for each in fields(Behaviour) if each.name.endswith("delay")])
def test_a_delay_is_above_zero(name: str) -> None:
    with pytest.raises(Impossible, match=name):
        apply_settings({name: -60})


def test_every_field_of_the_behaviour_has_a_unit_and_a_source() -> None:
    for each in fields(Behaviour):
        assert each.metadata["unit"], each.name
        assert each.metadata["source"] == "assumed" or "20" in each.metadata["source"], each.name


# The command


def test_the_command_shows_tables_and_a_chart_within_80_columns(tmp_path: Path) -> None:
    asked = ("simulate", "--users", "2000", "--days", "30", "--set", "qr_ttl=72h", "--out", "study.csv")
    done = kmc(*asked, cwd=tmp_path, COLUMNS="80")
    assert done.returncode == 0, done.stderr
    for words in (
        "2,000 users, 30 days, policy article, qr_ttl=72h",
        "help desk calls",
        "ENR-009",
        "█",
        "actions of users",
    ):
        assert words in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    table = pd.read_csv(tmp_path / "study.csv")
    assert table.columns.tolist() == ["day", "measure", "mean", "low", "high"]
    assert table["day"].max() == 30


def test_a_table_is_the_same_in_parquet(tmp_path: Path) -> None:
    for suffix in ("csv", "parquet"):
        assert kmc("simulate", "--users", "500", "--days", "7", "--out", f"o.{suffix}", cwd=tmp_path).returncode == 0
    one, other = pd.read_csv(tmp_path / "o.csv"), pd.read_parquet(tmp_path / "o.parquet")
    pd.testing.assert_frame_equal(one, other.astype({"day": float}), check_dtype=False)


def test_without_pandas_the_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pandas.py").write_text("raise ModuleNotFoundError('no', name='pandas')")
    done = kmc("simulate", cwd=tmp_path, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pandas is not installed: pip install 'kmc-harness[notebooks]'" in done.stderr


def test_the_package_imports_neither_numpy_nor_pandas() -> None:
    script = "import sys, kmc_model.analysis.population, kmc_model.model; print({'numpy', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
