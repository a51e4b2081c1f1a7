"""What `sala-loadtest` makes of a run's results: its page and the comparison of two, in headless Chromium."""

import json
import subprocess

import pytest
from browser import Tab
from browser import tabs as opened_tabs
from conftest import load_client
from loadtest_documents import empty_run, failed_run, run

SECTIONS = [
    "figures", "run", "events", "throughput", "latency", "percentiles", "limits", "connections", "server", "generator", "errors",
    "oracle", "machine",
]

# What stands out of the screen to either side, but for what scrolls inside itself and what only readers of screens hear.
STANDS_OUT = """
    return [...document.querySelectorAll('main, main *')].filter((element) => {
        const box = element.getBoundingClientRect();
        const inside = element.closest('.scroll') && !element.matches('.scroll');
        return !inside && !element.closest('.unseen') && box.width > 0
            && (box.right > document.documentElement.clientWidth + 0.5 || box.left < -0.5);
    }).map((element) => element.outerHTML.slice(0, 120));
"""

# Labels of one plot that stand on each other.
OVERLAPS = """
    const found = [];
    for (const frame of document.querySelectorAll('.frame'))
        for (const kind of ['.x span', '.y span', 'span.end', 'span.mark']) {
            const boxes = [...frame.querySelectorAll(kind)].map((each) => [each.textContent, each.getBoundingClientRect()]);
            boxes.forEach(([text, one], index) => boxes.slice(index + 1).forEach(([other, two]) => {
                const across = Math.min(one.right, two.right) - Math.max(one.left, two.left);
                const down = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
                if (across > 1 && down > 3) found.push(`${kind}: ${text} and ${other}`);
            }));
        }
    return found;
"""

# The contrast of every text with what it stands on (WCAG 2), where that is less than 4.5.
FAINT = """
    const light = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((c) => c / 255)
            .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
        for (let each = element; each; each = each.parentElement) {
            const colour = getComputedStyle(each).backgroundColor;
            if (!colour.endsWith(', 0)')) return colour;
        }
        return 'rgb(255, 255, 255)';
    };
    return [...document.querySelectorAll('main *')].filter((element) =>
        [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) && !element.closest('.unseen')
    ).map((element) => {
        const [one, two] = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
        return [(one + 0.05) / (two + 0.05), element.textContent.slice(0, 40)];
    }).filter(([contrast]) => contrast < 4.5);
"""


@pytest.fixture(scope="module")
def loadtest():
    """Runs `sala-loadtest`; returns the finished process."""
    return lambda *arguments: subprocess.run([load_client(), *map(str, arguments)], capture_output=True, text=True, timeout=60)


@pytest.fixture
def page(loadtest, tmp_path):
    """Makes the page of a run's results; returns its address."""

    def make(results, name="run"):
        document = tmp_path / f"{name}.json"
        document.write_text(json.dumps(results))
        done = loadtest("report", document)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == str(tmp_path / f"{name}.html")
        return (tmp_path / f"{name}.html").as_uri()

    return make


@pytest.fixture
def tabs(chromium):
    with opened_tabs(chromium) as opened:
        yield opened
        # The browser is everybody's: it goes back as it was.
        for tab in opened:
            show(tab, scheme="")


def show(tab, width=None, scheme=None, media=""):
    """Puts a tab on a screen of that width, in that colour scheme, or on paper."""
    with tab.front() as browser:
        if width:
            browser.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500})
        if scheme is not None:
            browser.execute_cdp_cmd(
                "Emulation.setEmulatedMedia",
                {"media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}] if scheme else []})


def opened(tabs, chromium, address):
    tab = Tab(chromium, address)
    tabs.append(tab)
    return tab


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("results", [run, failed_run, empty_run], ids=["passed", "failed", "empty"])
def test_a_page_is_whole_and_readable(page, tabs, chromium, results, scheme, width):
    tab = opened(tabs, chromium, page(results()))
    show(tab, width, scheme)
    assert tab.script("return [...document.querySelectorAll('section')].map((each) => each.id)") == SECTIONS
    assert tab.script("return document.documentElement.scrollWidth <= innerWidth")
    assert tab.script(STANDS_OUT) == []
    assert tab.script(OVERLAPS) == []
    assert tab.script(FAINT) == []
    dark = tab.script("return getComputedStyle(document.body).backgroundColor") == "rgb(19, 25, 26)"
    assert dark == (scheme == "dark")


def test_every_plot_has_a_name_and_axes(page, tabs, chromium):
    tab = opened(tabs, chromium, page(run()))
    plots = tab.script("""
        return [...document.querySelectorAll('.plot')].map((plot) => [
            plot.querySelector('svg[role=img]')?.getAttribute('aria-label') ?? '',
            plot.querySelectorAll('.y span').length, plot.querySelectorAll('.x span').length,
            [...plot.querySelectorAll('.axis')].map((each) => each.textContent)]);
    """)
    assert len(plots) == 12  # throughput, four stages, percentiles, connections, server (2), generator (2), errors
    for name, rows, columns, titles in plots:
        assert ": " in name and " to " in name
        assert rows >= 3 and columns >= 3
        assert len(titles) == 2 and all(titles)
    with tab.front() as browser:
        tree = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    images = [node["name"]["value"] for node in tree if node.get("role", {}).get("value") in ("image", "img")]
    assert sorted(images) == sorted(name for name, *_ in plots)


def test_lines_are_told_apart_without_colour(page, tabs, chromium):
    tab = opened(tabs, chromium, page(run()))
    for plot in tab.script("""
        return [...document.querySelectorAll('.plot')].map((plot) => [
            [...plot.querySelectorAll('.area path[class^="line"]')].map((each) => getComputedStyle(each).strokeDasharray),
            [...plot.querySelectorAll('.end')].map((each) => each.textContent).sort(),
            [...plot.querySelectorAll('.legend li:not(.limit)')].map((each) => each.textContent.split(' ')[0]).sort()]);
    """):
        dashes, ends, legend = plot
        assert len(set(dashes)) == len(dashes)
        assert ends == legend


def test_what_happened_is_marked_in_every_plot_over_time(page, tabs, chromium):
    results = run()
    tab = opened(tabs, chromium, page(results))
    listed = tab.script("return [...document.querySelectorAll('.events li')].map((each) => each.textContent)")
    assert listed == ["at 30 s: cut half of people", "at 34 s: everybody is back"]
    marked = tab.script("return document.querySelectorAll('.area path.mark').length")
    assert marked == tab.script("return document.querySelectorAll('svg[role=img]').length") - 1  # all but the percentiles
    # The dip in the connections stands under the first mark.
    x, path = tab.script("""
        const plot = document.querySelector('#connections .area');
        return [parseFloat(plot.querySelector('path.mark').getAttribute('d').slice(1)),
            plot.querySelector('path.line-0').getAttribute('d')];
    """)
    points = [tuple(map(float, point.split())) for point in path.replace("M", "L").split("L")[1:]]
    assert max(points[10:], key=lambda point: point[1])[0] == x


def test_the_verdict_comes_first_and_says_why(page, tabs, chromium):
    tab = opened(tabs, chromium, page(failed_run()))
    words = tab.text("#verdict")
    assert words.startswith("✗ Failed") and "3 lost; none may be." in words and "itself the bottleneck" in words
    assert "conversation/c_0123456789abcdef0123456789abcdef" in tab.text("#oracle article")
    assert tab.script("return document.querySelector('main > *:nth-child(2)').id") == "verdict"


def test_the_command_can_be_copied(page, tabs, chromium):
    results = run(command=["sala-loadtest", "run", "my scenario.json", "--rate", "100"])
    tab = opened(tabs, chromium, page(results))
    with tab.front() as browser:
        browser.find_element("css selector", ".command code").click()
    assert tab.script("return getSelection().toString()") == "sala-loadtest run 'my scenario.json' --rate 100"


def test_what_a_document_says_stays_text(page, tabs, chromium):
    evil = "<script>window.evil = 1</script><img src=x onerror='window.evil = 1'>\"'&"
    results = failed_run(target=evil, command=[evil], startedAt=evil)
    results["scenario"].update(name=evil, title=evil)
    results["failures"] = results["generator"]["why"] = [evil]
    results["errors"] = {evil: 1}
    results["events"] = [{"at": 1, "what": evil}]
    results["stages"][evil] = results["stages"]["message.ok"]
    results["oracle"]["findings"][0].update(session=evil, detail=evil)
    tab = opened(tabs, chromium, page(results))
    assert tab.script("return [window.evil, document.images.length, document.scripts.length]") == [None, 0, 0]
    assert tab.text("h1") == evil and evil in tab.text("#verdict") and evil in tab.text("#errors")


def test_an_hour_of_seconds_stays_a_small_page(page, tabs, chromium, tmp_path):
    stages = ("connect", "resume", "message.ok", "message.event", "reply.first", "reply.end", "value")
    tab = opened(tabs, chromium, page(run(seconds=3600, stages=stages)))
    assert (tmp_path / "run.html").stat().st_size < 256 * 1024
    show(tab, 360)
    assert tab.script(STANDS_OUT) == [] and tab.script(OVERLAPS) == []
    assert tab.text("#throughput .x-axis") == "hours:minutes"


def test_a_page_prints_on_paper(page, tabs, chromium):
    tab = opened(tabs, chromium, page(failed_run()))
    # A4 between margins. Paper is light, whatever the screen is.
    show(tab, 700, "dark", "print")
    assert tab.script("return getComputedStyle(document.documentElement).getPropertyValue('--ink')") == "#1e2728"
    assert tab.script(STANDS_OUT) == []
    assert tab.script(FAINT) == []


def compare(loadtest, tmp_path, a, b, *options):
    for name, results in (("a", a), ("b", b)):
        (tmp_path / f"{name}.json").write_text(json.dumps(results))
    return loadtest("compare", tmp_path / "a.json", tmp_path / "b.json", *options)


def test_compare_fails_past_its_tolerance(loadtest, tmp_path):
    same = compare(loadtest, tmp_path, run(), run())
    assert same.returncode == 0 and "Nothing is worse by more than 10 %." in same.stdout
    slower = compare(loadtest, tmp_path, run(), run(slower=1.5))
    assert slower.returncode == 1
    [row] = [line.split() for line in slower.stdout.splitlines() if line.startswith("message.ok p99")]
    assert float(row[-2]) == pytest.approx(1.5, rel=0.03) and row[-1] == "WORSE"
    assert compare(loadtest, tmp_path, run(), run(slower=1.5), "--tolerance", "60%").returncode == 0
    assert compare(loadtest, tmp_path, run(), failed_run(), "--tolerance", "60%").returncode == 1


def test_compare_refuses_what_cannot_be_compared(loadtest, tmp_path):
    other = run()
    other["scenario"]["groups"][0]["connections"] = 2000
    refused = compare(loadtest, tmp_path, run(), other)
    assert refused.returncode == 64 and "/groups/0/connections is 1000 in A and 2000 in B" in refused.stderr
    assert compare(loadtest, tmp_path, run(), other, "--force").returncode == 0
    elsewhere = run()
    elsewhere["machine"]["cores"] = 64
    assert "different machines (cores)" in compare(loadtest, tmp_path, run(), elsewhere).stdout
    (tmp_path / "c.json").write_text("{")
    assert loadtest("report", tmp_path / "c.json").returncode == 64
    assert loadtest("report", tmp_path / "none.json").returncode == 64


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_comparison_is_a_page_too(loadtest, tmp_path, tabs, chromium, scheme, width):
    target = tmp_path / "both.html"
    assert compare(loadtest, tmp_path, run(), run(slower=1.5, seed=2), "--html", target).returncode == 1
    tab = opened(tabs, chromium, target.as_uri())
    show(tab, width, scheme)
    assert tab.text("#verdict").startswith("✗ B is worse")
    assert tab.script(STANDS_OUT) == [] and tab.script(OVERLAPS) == [] and tab.script(FAINT) == []
    assert tab.script("return document.querySelectorAll('tr.bad').length") == 12
    assert all(tab.script("return [...document.querySelectorAll('.plot svg[role=img]')].map((each) => each.ariaLabel)"))
