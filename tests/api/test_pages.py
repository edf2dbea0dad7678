"""The pages in Chromium: from files to a plan by mouse and by keyboard, in both languages, with nothing from outside."""

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import httpx
import pytest

import sample_geo
from api import assets
from api.script_words import SCRIPT
from api.words import WORDS
from tests.access import tab_stops, violations
from tests.api.conftest import partition_body, people, squares, start_server
from tests.api.test_lattice import area

SAMPLES = Path(sample_geo.__file__).parent
SECOND = 1000
JOB = 120 * SECOND


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start a service with two workers, so that a job and the look at a file do not wait for each other."""
    server = start_server(tmp_path_factory.mktemp("pages"), workers=2)
    yield server
    server.stop()


@pytest.fixture
def visit(server, browser):
    """Return a function that signs in; afterwards nothing was asked of others and nothing went wrong."""
    contexts, troubles = [], []

    def sign_in(key=None, *, locale="en-GB", width=1366, height=768):
        context = browser.new_context(
            locale=locale, viewport={"width": width, "height": height}, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30 * SECOND)
        context.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith((f"{server.base}/", "data:", "blob:"))
                else troubles.append(asked.url)
            ),
        )
        context.on(
            "console", lambda message: troubles.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(f"{server.base}/sign-in")
        page.fill("#key", key or server.admin)
        page.press("#key", "Enter")
        page.wait_for_selector("header.top")
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture(scope="module")
def plan(server):
    with server.client() as client:
        body = partition_body(
            members={"value": people(8, 6, 60)},
            size={"of": "members", "target": 10, "minimum": 3, "maximum": 15},
            title="From a program",
        )
        return client.post("/processes/partition/execution", json=body).json()["plan"]


@pytest.fixture
def files(tmp_path):
    """Return small files of fields and people."""
    fields, members = tmp_path / "fields.geojson", tmp_path / "people.geojson"
    fields.write_text(json.dumps(squares(8, 6)), encoding="utf-8")
    members.write_text(json.dumps(people(8, 6, 60)), encoding="utf-8")
    return fields, members


def drop(page, role, path):
    """Drop a file on the box of a role, as from a file manager."""
    transfer = page.evaluate_handle(
        """([name, text]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([text], name));
          return transfer;
        }""",
        [path.name, path.read_text(encoding="utf-8")],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event(f"[data-role={role}]", event, {"dataTransfer": transfer})


def tab_to(page, selector):
    """Press Tab until an element has the focus."""
    for _ in range(60):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {selector}")


def wait_until_read(page, *roles):
    for role in roles:
        page.wait_for_selector(f"[data-role={role}][data-state=ready]", timeout=JOB)


@pytest.mark.browser
@pytest.mark.parametrize("locale", [pytest.param("en-GB", marks=pytest.mark.slow), "zh-CN"])
def test_from_dropped_files_to_the_map_by_keyboard(visit, files, locale):
    """Two files are dropped; from there Tab and Enter lead over review and sizes to the plan and its map."""
    lang = locale[:2]
    page = visit(locale=locale)
    assert page.get_attribute("html", "lang") == {"en": "en", "zh": "zh-CN"}[lang]
    tab_to(page, "a[href$='/pages/new']")
    page.keyboard.press("Enter")
    page.wait_for_selector("form[data-ready]")
    drop(page, "fields", files[0])
    drop(page, "members", files[1])
    wait_until_read(page, "fields", "members")

    tab_to(page, "#next")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "step-2"
    fields = page.locator("[aria-labelledby=review-fields]")
    assert "WGS 84" in fields.inner_text()
    assert "F000000" in fields.locator("table").inner_text()
    assert page.input_value("#fields-column-unit_id") == "unit_id"
    members = page.locator("[aria-labelledby=review-members]").inner_text()
    assert "***" in members
    assert "秘密" not in members

    tab_to(page, "#next")
    page.keyboard.press("Enter")
    tab_to(page, "#plan-title")
    page.keyboard.type("八乘六")
    assert "60" in page.inner_text("[data-size=fields] .estimate")
    tab_to(page, "#run")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pages/plans/*", timeout=JOB)
    assert page.inner_text("h1") == "八乘六"
    assert (
        page.frame_locator("iframe.map").locator(".g-title h1").inner_text()
        == {"en": "Grids", "zh": "网格图"}[lang]
    )
    assert "100 %" in page.inner_text(".scores")

    tab_to(page, "#grids tbody a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/grids/*")
    assert page.frame_locator("iframe.map").locator(".g-panel").is_visible()


@pytest.mark.browser
@pytest.mark.slow
def test_from_the_sample_to_every_download(visit, tmp_path):
    """The sample farm and town: layers are found by name, both layers are divided, every file comes."""
    page = visit(width=1366, height=768)
    page.click("header a[href$='/pages/new']")
    page.wait_for_selector("form[data-ready]")
    chosen = {"fields": "fields.zip", "members": "members.xlsx"} | dict.fromkeys(
        ("buildings", "zones", "barriers"), "town.gpkg"
    )
    for role, name in chosen.items():
        with page.expect_file_chooser() as opened:
            page.click(f"[data-role={role}] [data-choose]")
        opened.value.set_files(SAMPLES / name)
    wait_until_read(page, *chosen)
    page.click("#next")
    assert "GBK" in page.inner_text("[aria-labelledby=review-fields] dl")
    assert "CGCS2000" in page.inner_text("[aria-labelledby=review-fields] dl")
    for role in ("buildings", "zones", "barriers"):
        assert page.input_value(f"#{role}-layer") == role
    assert page.input_value("#members-column-parcel") == "地块编号"
    page.click("#next")
    for name, value in (("minimum", 8), ("target", 12), ("maximum", 16)):
        page.fill(f"#fields-{name}", str(value))
    page.click("#run")
    page.wait_for_url("**/pages/plans/*", timeout=3 * JOB)
    page.frame_locator("iframe.map").locator("canvas").first.wait_for()
    for link in page.locator("#downloads a[download]").all():
        with page.expect_download() as loading:
            link.click()
        assert loading.value.path().stat().st_size > 100
    page.fill("#names-reason", "rosters for the grid leaders")
    with page.expect_download() as loading:
        page.click("#names button")
    assert loading.value.suggested_filename.endswith("-names.xlsx")
    with page.expect_popup() as opened:
        page.click("#downloads a[target=_blank]")
    assert opened.value.inner_text("h1") == "Plan report"


@pytest.mark.browser
@pytest.mark.slow
def test_the_parts_of_a_mapinfo_table_are_chosen_together(visit, server, tmp_path):
    """They are one file, read with its columns; files that belong to no set are refused in plain words."""
    fields = gpd.GeoDataFrame.from_features(squares(3, 2), crs="EPSG:4326")
    fields.to_file(tmp_path / "fields.tab", driver="MapInfo File", engine="pyogrio")
    (tmp_path / "notes.geojson").write_text(json.dumps(squares(2, 2)), encoding="utf-8")
    page = visit()
    page.goto(f"{server.base}/pages/new")
    page.wait_for_selector("form[data-ready]")
    page.set_input_files("[data-role=fields] input[type=file]", sorted(tmp_path.glob("fields.*")))
    wait_until_read(page, "fields")
    assert "fields.zip" in page.inner_text("[data-role=fields] .picked")
    assert "6" in page.inner_text("[data-role=fields] [data-said]")
    with server.client() as client:
        files = [("file", (name, (tmp_path / name).read_bytes())) for name in ("fields.dat", "notes.geojson")]
        answer = client.post("/datasets", files=files)
    assert answer.status_code == 400
    assert "MapInfo" in answer.json()["detail"]


@pytest.mark.browser
@pytest.mark.slow
def test_a_file_that_lies_is_corrected_in_the_review(visit, server, tmp_path):
    """A table in GBK that is read in another encoding, and a column that is taken for something else."""
    path = tmp_path / "roster.csv"
    path.write_text("编号,地块,经度,纬度,技能\n1,F000000,116.0005,40.0005,农机\n", encoding="gbk")
    with server.client() as client:
        dataset = client.post("/datasets", files={"file": ("roster.csv", path.read_bytes())}).json()["id"]
    page = visit()
    page.goto(f"{server.base}/pages/datasets/{dataset}")
    page.wait_for_selector("#confirm:enabled", timeout=JOB)
    assert "农机" in page.inner_text(".preview")
    page.select_option("#file-encoding", "windows-1252")
    page.get_by_role("cell", name="农机").wait_for(state="detached", timeout=JOB)
    page.select_option("#file-encoding", "GBK")
    page.get_by_role("cell", name="农机").wait_for(timeout=JOB)
    if page.locator("#file-column-parcel").is_hidden():
        page.click("#review details summary")
    page.select_option("#file-column-parcel", "地块")
    page.click("#confirm")
    page.get_by_text(WORDS["saved"].en).wait_for()
    with server.client() as client:
        options = client.get(f"/datasets/{dataset}").json()["options"]
    assert options == {"encoding": "GBK", "columns": {"parcel": "地块"}}


def boundaries_in_doubt():
    """Return a CSV of areas in degrees that names no coordinate system, with names in GBK."""
    fields = gpd.GeoDataFrame.from_features(squares(3, 2)).drop(columns="n")
    table = fields.drop(columns="geometry").assign(地块名="田1", WKT=fields.geometry.to_wkt())
    return table.to_csv(index=False).encode("gbk")


@pytest.mark.browser
def test_what_a_file_leaves_open_is_settled_in_the_review(visit, server, tmp_path):
    """A place is chosen beside its sketch and an encoding by its preview; before, nobody comes past the review."""
    path = tmp_path / "areas.csv"
    path.write_bytes(boundaries_in_doubt())
    page = visit(locale="zh-CN")
    page.goto(f"{server.base}/pages/new")
    page.wait_for_selector("form[data-ready]")
    page.set_input_files("[data-role=fields] input[type=file]", path)
    wait_until_read(page, "fields")
    assert SCRIPT["to_settle"].zh in page.inner_text("[data-role=fields] [data-said]")
    page.click("#next")
    page.click("#next")
    assert SCRIPT["settle_first"].zh.format(name="areas.csv") in page.inner_text("#trouble")
    assert page.evaluate("document.activeElement.id") == "review-fields"
    page.wait_for_function("() => document.querySelector('.sketch').naturalWidth > 0")

    page.get_by_role("button", name="windows-1252").click()
    page.locator(".encodings").wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "fields-encoding"
    assert page.input_value("#fields-encoding") == "windows-1252"
    page.check("[id='fields-place-EPSG:4490']")
    page.click("#next")
    assert SCRIPT["still_busy"].zh in page.inner_text("#trouble")
    page.wait_for_selector(".facts :text('EPSG:4490')")
    assert page.is_checked("[id='fields-place-EPSG:4490']")
    page.click("#next")
    assert page.is_visible("#step-3")


def test_a_sketch_is_for_planners_and_about_a_file_in_doubt(server):
    """It is an image of the server's own; there is none of a layer or a job without a doubt."""
    with server.client() as client:
        dataset = client.post("/datasets", files={"file": ("areas.csv", boundaries_in_doubt())}).json()["id"]
        body = {"inputs": {"dataset": {"dataset": dataset}}}
        job = client.post(
            "/processes/inspect/execution", json=body, headers={"Prefer": "respond-async"}
        ).json()["jobID"]
        while client.get(f"/jobs/{job}").json()["status"] in ("accepted", "running"):
            time.sleep(0.05)
        address = f"/pages/jobs/{job}/sketch"
        answer = client.get(address, params={"layer": "areas", "lang": "zh"})
        assert answer.headers["content-type"] == "image/svg+xml"
        assert "北京" in answer.text
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert client.get(address, params={"layer": "other"}).status_code == 404
    with server.client(server.new_key("viewer")) as client:
        assert client.get(address, params={"layer": "areas"}).status_code == 403


@pytest.mark.browser
@pytest.mark.slow
def test_a_boundary_becomes_cells_and_the_fields_of_a_new_plan(visit, server):
    """On the page of the file; the job leads to the page of the cells, and from there on to a plan."""
    land = {"type": "FeatureCollection", "features": [area("东区", 116.0, 40.0, 0.02)]}
    with server.client() as client:
        dataset = client.post("/datasets?name=land.geojson", json=land).json()["id"]
    page = visit(locale="zh-CN")
    page.goto(f"{server.base}/pages/datasets/{dataset}")
    page.wait_for_selector("#lattice:not([hidden])", timeout=JOB)
    page.click("#lattice summary")
    page.select_option("#lattice-shape", "hexagon")
    page.fill("#lattice-area", "300")
    assert "19" in page.inner_text("#lattice .estimate")
    assert violations(page) == []
    page.click("#lattice button")
    page.get_by_role("heading", name="land-hexagon-300mu.gpkg").wait_for(timeout=JOB)
    page.click("#as-fields")
    wait_until_read(page, "fields")
    assert page.inner_text("[data-role=fields] [data-file]") == "land-hexagon-300mu.gpkg"
    page.click("#next")
    assert page.input_value("#fields-column-unit_id") == "cell_id"


@pytest.mark.browser
@pytest.mark.slow
def test_what_was_chosen_survives_a_change_of_the_language(visit, files):
    """The switch loads the page anew; files and their reading are still there."""
    page = visit()
    page.click("header a[href$='/pages/new']")
    page.wait_for_selector("form[data-ready]")
    drop(page, "fields", files[0])
    wait_until_read(page, "fields")
    page.click("header button[name=lang]")
    page.wait_for_selector("html[lang=zh-CN]")
    wait_until_read(page, "fields")
    assert page.inner_text("[data-role=fields] [data-file]") == "fields.geojson"
    page.click("#next")
    page.click("#next")
    assert page.input_value("#fields-of") == "area_mu"
    assert page.locator("#fields-of option[value=members]").is_disabled()


@pytest.mark.browser
@pytest.mark.slow
def test_a_running_job_tells_its_stage_and_can_be_stopped(visit, server):
    """The stage is named in the reader's language; the stop button ends the job and leads back to its files."""
    with server.client() as client:
        body = partition_body(
            60, 60, effort=100, size={"of": "n", "target": 20, "minimum": 10, "maximum": 30}
        )
        job = client.post("/processes/partition/execution", json=body, headers={"Prefer": "respond-async"})
        job_id = job.json()["jobID"]
        page = visit(locale="zh-CN")
        page.goto(f"{server.base}/pages/jobs/{job_id}")
        page.get_by_text("划分网格", exact=True).wait_for(timeout=JOB)
        page.click("#stop")
        page.get_by_text(WORDS["job_dismissed"].zh).wait_for()
        assert client.get(f"/jobs/{job_id}").json()["status"] == "dismissed"
    page.click("a.main")
    page.wait_for_selector("form[data-ready]", timeout=JOB)
    assert page.inner_text("[data-role=fields] [data-file]") == "fields.geojson"


@pytest.mark.browser
def test_faults_of_a_job_are_a_list_with_remedies(visit, server):
    """People are balanced without a roster: the page says what is wrong and what to do."""
    with server.client() as client:
        body = partition_body(size={"of": "members", "target": 20})
        job = client.post("/processes/partition/execution", json=body, headers={"Prefer": "respond-async"})
    page = visit()
    page.goto(f"{server.base}/pages/jobs/{job.json()['jobID']}")
    page.wait_for_selector(".problem", timeout=JOB)
    remedy = page.inner_text(".problem tbody td:last-child")
    assert f"“{WORDS['balance'].en}”: {WORDS['of_area_ha'].en}" in remedy
    assert "--" not in remedy


def to_the_sizes(page, server, *paths):
    """Give files of fields and members and go on to the third step."""
    page.goto(f"{server.base}/pages/new")
    page.wait_for_selector("form[data-ready]")
    roles = ("fields", "members")[: len(paths)]
    for role, path in zip(roles, paths, strict=True):
        page.set_input_files(f"[data-role={role}] input[type=file]", path)
    wait_until_read(page, *roles)
    page.click("#next")
    page.click("#next")


@pytest.mark.browser
@pytest.mark.slow
def test_codes_and_wishes_reach_the_plan(visit, server, files):
    """What is said in the folded parts is in the order and in the codes of the plan; what is wrong is marked before."""
    page = visit()
    to_the_sizes(page, server, files[0])
    sent = []
    page.on("request", lambda asked: sent.append(asked) if "/partition/" in asked.url else None)
    page.click("#codes summary")
    page.select_option("#code-how", "pattern")
    page.fill("#codes-pattern", "N{numbr}")
    page.click("#run")
    assert WORDS["code_pattern_help"].en in page.inner_text("#trouble")
    assert page.evaluate("document.activeElement.id") == "codes-pattern"
    assert "codes-pattern-wrong" in page.get_attribute("#codes-pattern", "aria-describedby")
    assert page.is_visible("#codes-pattern-wrong")
    page.fill("#codes-pattern", "N{number:03d}")
    assert page.locator("#codes-pattern-wrong").count() == 0
    page.fill("#codes-responsible", "第七管理区")
    page.fill("#codes-valid_from", "2026-12-01")
    page.click("#wishes summary")
    page.select_option("#wishes-objective", "cut")
    page.fill("#second-maximum", "12")
    page.select_option("#second-of", "n")
    page.click("#alike-add")
    page.select_option(".alike select", "n")
    page.fill(".alike input", "0.5")
    page.click("#run")
    page.wait_for_url("**/pages/plans/*", timeout=JOB)
    assert page.inner_text("#grids tbody tr:first-child a") == "N001"
    inputs = sent[-1].post_data_json["inputs"]
    wished = {name: value for name, value in inputs.items() if name not in ("fields", "size")}
    assert wished == {
        "effort": 1,
        "rng": 0,
        "coding": {"pattern": "N{number:03d}"},
        "responsible": "第七管理区",
        "valid_from": "2026-12-01",
        "objective": "cut",
        "second_size": {"of": "n", "maximum": 12},
        "alike": {"n": 0.5},
    }


@pytest.mark.browser
@pytest.mark.slow
def test_zones_come_in_several_files(visit, server, files, tmp_path):
    """A second file has a place, a review and a part in the order of its own, also when the page is loaded anew."""
    halves = [tmp_path / "west.geojson", tmp_path / "east.geojson"]
    for half, path in enumerate(halves):
        content = squares(8, 6)
        content["features"] = [f for f in content["features"] if (f["properties"]["n"] + half) % 2]
        path.write_text(json.dumps(content), encoding="utf-8")
    page = visit()
    page.goto(f"{server.base}/pages/new")
    page.wait_for_selector("form[data-ready]")
    for path in halves:
        page.set_input_files("[data-role=zones] >> nth=-1 >> input[type=file]", path)
        page.locator("[data-role=zones] [data-more]:visible").wait_for(timeout=JOB)
        page.locator("[data-role=zones] [data-more]:visible").click()
    assert page.locator("[data-role=zones]").count() == 3
    page.locator("[data-role=zones] >> nth=2 >> [data-remove]").click()
    assert page.locator("[data-role=zones]").count() == 2
    page.set_input_files("[data-role=fields] input[type=file]", files[0])
    wait_until_read(page, "fields")
    page.reload()
    page.wait_for_selector("form[data-ready]", timeout=JOB)
    assert page.locator("[data-role=zones][data-state=ready]").count() == 2
    sent = []
    page.on("request", lambda asked: sent.append(asked) if "/partition/" in asked.url else None)
    page.click("#next")
    assert page.inner_text("#review-zones-2").endswith("east.geojson")
    page.click("#next")
    page.click("#run")
    page.wait_for_url("**/pages/jobs/*", timeout=JOB)
    assert len(sent[-1].post_data_json["inputs"]["zones"]) == 2


@pytest.mark.browser
@pytest.mark.slow
def test_a_wish_that_cannot_be_met_leads_back_to_its_field(visit, server, files):
    """After a skill that nobody has, the way back is to the third step, with what was said and what is wrong."""
    page = visit(locale="zh-CN")
    to_the_sizes(page, server, *files)
    page.click("#wishes summary")
    page.fill("#wishes-skill", "飞行")
    page.fill("#wishes-skill_minimum", "2")
    page.click("#run")
    page.wait_for_selector(".problem", timeout=JOB)
    page.click("a.main")
    page.wait_for_selector("form[data-ready]", timeout=JOB)
    assert page.is_visible("#step-3")
    assert "飞行" in page.inner_text("#trouble")
    assert page.evaluate("document.activeElement.id") == "wishes-skill"
    assert "飞行" in page.inner_text("#wishes-skill-wrong")
    assert page.input_value("#wishes-skill_minimum") == "2"


@pytest.mark.browser
@pytest.mark.slow
def test_a_plan_is_searched_and_deleted(visit, server, files):
    """A search leaves what answers to it; deleting asks first."""
    with server.client() as client:
        plan = client.post("/processes/partition/execution", json=partition_body(title="Away")).json()["plan"]
    page = visit()
    page.click("text=Away")
    rows = page.locator("#grids tbody tr").count()
    code = page.inner_text("#grids tbody tr:first-child a")
    page.fill("#q", code)
    page.press("#q", "Enter")
    page.wait_for_url("**q=*")
    assert rows > page.locator("#grids tbody tr").count() > 0
    page.click("[data-opens]")
    assert page.evaluate("document.activeElement.textContent") == WORDS["cancel"].en
    page.keyboard.press("Escape")
    page.click("[data-opens]")
    page.click("[data-confirm]")
    page.wait_for_url(f"{server.base}/")
    assert page.locator("text=Away").count() == 0
    with server.client() as client:
        assert client.get(f"/plans/{plan}").status_code == 404


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1366])
@pytest.mark.slow
def test_no_page_is_wider_than_the_screen(visit, server, plan, width):
    """On a telephone and on a small laptop nothing runs out of the page."""
    page = visit(width=width, height=768)
    for path in ("/", "/pages/new", "/pages/help", f"/pages/plans/{plan}"):
        page.goto(server.base + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@dataclass
class Looks:
    """What axe-core found on a page, time after time."""

    page: Any
    found: dict[str, list[str]] = field(default_factory=dict)

    def look(self, name):
        """Look once more, with everything unfolded."""
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        self.found[name] = violations(self.page)

    def assert_faultless(self):
        assert {name: faults for name, faults in self.found.items() if faults} == {}


@pytest.mark.browser
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.slow
def test_axe_finds_nothing_when_signing_in(browser, server, locale):
    """The page is read by everybody, with a wrong key too."""
    context = browser.new_context(locale=locale)
    looks = Looks(context.new_page())
    looks.page.goto(f"{server.base}/sign-in")
    looks.look("sign-in")
    looks.page.fill("#key", "wrong")
    looks.page.press("#key", "Enter")
    looks.page.wait_for_selector("[role=alert]")
    looks.look("wrong key")
    context.close()
    looks.assert_faultless()


@pytest.mark.browser
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.slow
def test_axe_finds_nothing_in_a_new_plan(visit, server, files, locale):
    """In every step, with faults and without."""
    looks = Looks(page := visit(locale=locale))
    page.goto(f"{server.base}/pages/new")
    page.wait_for_selector("form[data-ready]")
    looks.look("files")
    page.click("#next")
    looks.look("no files")
    drop(page, "fields", files[0])
    drop(page, "members", files[1])
    wait_until_read(page, "fields", "members")
    looks.look("files that were read")
    page.click("#next")
    looks.look("review")
    page.click("#next")
    looks.look("sizes")
    page.fill("#fields-minimum", "9")
    page.fill("#fields-maximum", "3")
    page.click("#run")
    looks.look("wrong sizes")
    looks.assert_faultless()


@pytest.mark.browser
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.slow
def test_axe_finds_nothing_on_the_other_pages(visit, server, plan, files, locale):
    """Plans, a file, a plan, a grid, a job that failed, help."""
    with server.client() as client:
        body = partition_body(size={"of": "members", "target": 20})
        job = client.post("/processes/partition/execution", json=body, headers={"Prefer": "respond-async"})
        client.post("/datasets", files={"file": ("areas.csv", boundaries_in_doubt())})
    looks = Looks(page := visit(locale=locale))
    looks.look("plans")
    page.click("a[href*='/pages/datasets/']")
    page.wait_for_selector("#review .sketch", timeout=JOB)
    looks.look("file that leaves something open")
    page.goto(f"{server.base}/pages/plans/{plan}")
    looks.look("plan")
    page.click("[data-opens]")
    looks.look("deleting a plan")
    page.keyboard.press("Escape")
    page.click("#grids tbody a")
    page.wait_for_url("**/grids/*")
    looks.look("grid")
    page.goto(f"{server.base}/pages/jobs/{job.json()['jobID']}")
    page.wait_for_selector(".problem", timeout=JOB)
    looks.look("failed job")
    page.goto(f"{server.base}/pages/help")
    looks.look("help")
    looks.assert_faultless()


@pytest.mark.browser
@pytest.mark.slow
def test_tab_shows_where_it_is_on_every_page(visit, server, plan):
    """What has the focus is outlined, from the link that skips the head to the last button."""
    page = visit()
    for path in ("/", "/pages/new", "/pages/help", f"/pages/plans/{plan}"):
        page.goto(server.base + path)
        page.wait_for_load_state("networkidle")
        stops = tab_stops(page)
        assert stops[0].startswith("a||"), path
        assert len(stops) > 6, path


@pytest.mark.browser
def test_a_viewer_sees_maps_and_no_counts(visit, server, plan):
    """No way to a new plan, no scores, no small counts, no names; the sizes that are small are hidden."""
    page = visit(server.new_key("viewer"))
    assert page.locator("a[href$='/pages/new']").count() == 0
    page.goto(f"{server.base}/pages/plans/{plan}")
    assert page.locator(".scores").count() == 0
    assert page.locator("#names").count() == 0
    assert "rosters.xlsx" not in page.inner_text("#downloads")
    assert page.inner_text("#grids .help") == WORDS["suppressed_note"].en.format(k=5)
    assert page.frame_locator("iframe.map").locator(".g-title h1").is_visible()


def test_problems_are_pages_for_people(server, plan):
    """A browser gets a page in its language, a viewer no page for planners, a stranger the sign-in alone."""
    html = {"Accept": "text/html", "Accept-Language": "zh"}
    with server.client(**html) as client:
        answer = client.get("/pages/plans/aaaaaaaaaaaaaaaaaaaa")
        assert answer.status_code == 404
        assert "此处没有内容" in answer.text
        assert client.get(f"/pages/plans/{plan}/grids/none").status_code == 404
    with server.client(server.new_key("viewer"), **html) as client:
        assert client.get("/pages/new").status_code == 403
    with httpx.Client(base_url=server.base, headers=html) as stranger:
        answer = stranger.get(f"/pages/plans/{plan}")
        assert answer.status_code == 401
        assert "登录" in answer.text
        assert "/static/" not in answer.text


def test_the_language_is_kept_and_leads_nowhere_else(server):
    """The cookie is set for known languages, and the way back stays on this service."""
    with server.client() as client:
        for wished, back in (
            ("/pages/help", "/pages/help"),
            ("//evil.example", "/"),
            ("/pages/\r\nx: y", "/"),
        ):
            answer = client.post("/pages/language", data={"lang": "zh", "next": wished})
            assert answer.status_code == 303
            assert answer.headers["location"] == server.base + back
            assert "gridder_lang=zh" in answer.headers["set-cookie"]
        assert "set-cookie" not in client.post("/pages/language", data={"lang": "xx"}).headers


def test_every_word_is_used_and_every_used_word_is_there():
    """Templates and scripts name no word that is missing, and none is left over."""
    templates = "".join(path.read_text(encoding="utf-8") for path in assets.TEMPLATES.glob("*.j2"))
    scripts = "".join(path.read_text(encoding="utf-8") for path in assets.STATIC.glob("*.js"))
    on_pages = {
        name for found in re.findall(r"\bt\.(\w+)|\bt\['([\w-]+)'\]", templates) for name in found if name
    }
    in_scripts = {
        name for found in re.findall(r"\bwords\.(\w+)|\bsay\(\s*\"(\w+)\"", scripts) for name in found if name
    }
    routes = "".join(path.read_text(encoding="utf-8") for path in assets.TEMPLATES.parent.rglob("*.py"))
    in_routes = set(re.findall(r"WORDS\[\"(\w+)\"\]", routes))
    made_up = {
        name for name in WORDS if name.startswith(("of_", "role_", "unit_", "for_", "kind_", "lattice_"))
    }
    assert on_pages <= set(WORDS)
    assert in_scripts <= set(SCRIPT)
    assert set(WORDS) - on_pages - in_scripts - in_routes - made_up == set()
    assert all(text.en and text.zh for text in WORDS.values())


def test_pages_carry_no_script_or_style_of_their_own():
    """The policy allows none but the style of the sign-in page; and no script writes markup that was put together from data."""
    for path in assets.TEMPLATES.glob("*.j2"):
        text = path.read_text(encoding="utf-8")
        own_style = "" if path.name == "sign_in.html.j2" else "<style|"
        assert not re.search(rf"{own_style}\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|\|\s*safe", text), path
    for path in assets.STATIC.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(", path.read_text(encoding="utf-8")
        )
