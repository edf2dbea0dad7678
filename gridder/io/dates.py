"""Days that a spreadsheet keeps as numbers, shown as dates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridder.io.headings import folded

if TYPE_CHECKING:
    from gridder.model import Bools

OF_DAYS = re.compile(r"日期|出生年月|生日|date|birthday")
"""Headers of columns that hold days."""
FIRST_DAY = pd.Timestamp(1899, 12, 30)
"""Day 0 of Excel, WPS and OpenDocument from March 1900 on; they count a 29 February 1900 that never was."""
DAYS = range(3_654, 73_051)
"""From 1910 to 2099; smaller numbers are years or ages, larger ones such as 20260301 are dates as they stand."""
MIDNIGHT = " 00:00:00"


def with_dates(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Bools]]:
    """Return a table of text with the numbers of days as dates.

    `46082` below 填报日期 becomes 2026-03-01, in a column in which every filled cell is such a number or a date;
    the time of midnight, which a date without a time has in a workbook, is left away.

    Returns
    -------
    DataFrame
        The table.
    dict
        By column that held numbers of days, which rows did.
    """
    counted = {}
    for name in table.columns:
        if not OF_DAYS.search(folded(str(name))):
            continue
        cells = table[name].str.removesuffix(MIDNIGHT)
        days = pd.to_numeric(cells.where(cells.str.fullmatch(r"\d{4,5}").eq(other=True)))
        is_day = days.isin(DAYS)
        is_date = cells.str.fullmatch(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}").eq(other=True)
        if not (is_day | is_date | cells.isna()).all():
            continue
        dates = (FIRST_DAY + pd.to_timedelta(days.where(is_day), unit="D")).dt.strftime("%Y-%m-%d")
        table = table.assign(**{name: cells.mask(is_day, dates)})
        if is_day.any():
            counted[str(name)] = is_day.to_numpy(dtype=np.bool_)
    return table, counted
