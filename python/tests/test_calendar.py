"""Working days, definite or provisional."""

import datetime as dt

import chinese_calendar
import pytest
from conftest import refused

import kaifang


def test_deadlines_follow_the_official_schedule():
    calendar = kaifang.Calendar.builtin()
    assert not calendar.is_working_day("2026-10-01") and calendar.is_working_day(dt.date(2026, 10, 10))
    deadline = calendar.add_working_days("2026-09-24", 10)
    assert (deadline.date, deadline.provisional, deadline.missing_years) == ("2026-10-15", False, [])


def test_every_day_of_the_schedules_agrees_with_another_package():
    calendar = kaifang.Calendar.builtin()
    first, last = dt.date(2023, 1, 1), dt.date(2026, 12, 31)
    days = [first + dt.timedelta(days) for days in range((last - first).days + 1)]
    assert len(days) == 1461
    assert [day for day in days if calendar.is_working_day(day) != chinese_calendar.is_workday(day)] == []
    # Only the last days of December wait for a schedule that is not published yet.
    assert [day for day in days if not calendar.settled(day)] == [dt.date(2026, 12, day) for day in range(26, 32)]


def test_an_unpublished_year_is_provisional_until_it_is_loaded():
    calendar = kaifang.Calendar.builtin()
    deadline = calendar.add_working_days("2026-12-25", 10)
    assert deadline.provisional and deadline.missing_years == [2027] and not calendar.settled("2027-01-04")
    days = '{"year": 2027, "days": [{"date": "2027-01-01", "isOffDay": true, "name": "元旦"}]}'
    later = calendar.with_year(days)
    assert later.years[-1] == 2027 and later.settled("2027-01-04") and not calendar.settled("2027-01-04")


def test_bad_input_is_refused():
    calendar = kaifang.Calendar.builtin()
    for text in ("", "{}", '{"year": 2027, "days": []}'):
        with pytest.raises(kaifang.KaifangError) as caught:
            calendar.with_year(text)
        refused(caught.value, kaifang.KaifangError)
    for days in (70_000, -1):
        with pytest.raises(OverflowError):
            calendar.add_working_days("2026-01-01", days)
    with pytest.raises(TypeError):
        calendar.is_working_day(5)
