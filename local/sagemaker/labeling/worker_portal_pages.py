"""The portal's pages: one frame, a sign-in, the open jobs, and a task."""

from __future__ import annotations

import html
from typing import Any

type Document = dict[str, Any]

STYLE = """
:root { color-scheme: light; --ink: #16191f; --soft: #5f6b7a; --line: #d5dbdb; --accent: #0b5cab; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif;
  color: var(--ink); background: #f4f6f8; }
header { background: #fff; border-bottom: 1px solid var(--line); padding: .9rem 1.5rem;
  display: flex; justify-content: space-between; gap: 1rem; align-items: baseline; }
header strong { font-size: 1.05rem; } header span, .hint { color: var(--soft); font-size: .9rem; }
main { max-width: 46rem; margin: 1.8rem auto; padding: 0 1.2rem; }
.card { background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 1.5rem;
  margin-bottom: 1rem; }
h1 { font-size: 1.35rem; margin: 0 0 .3rem; } h2 { font-size: 1.12rem; margin: 1rem 0 .6rem; }
h3 { font-size: 1rem; margin: .8rem 0 .3rem; }
fieldset { border: 0; padding: 0; margin: 1rem 0 0; display: grid; gap: .5rem; }
.choice { display: flex; gap: .7rem; align-items: center; border: 1px solid var(--line);
  border-radius: 8px; padding: .6rem .9rem; cursor: pointer; margin: 0; }
.choice:hover, .choice:has(:checked) { border-color: var(--accent); background: #f1f7fd; }
.field { display: block; margin-top: .9rem; }
.field + .choice, .choice + .choice { margin-top: .6rem; }
fieldset .choice + .choice { margin-top: 0; }
input[type=text], input[type=number], input[type=email], textarea { display: block; width: 100%;
  margin-top: .3rem; padding: .55rem .7rem; font: inherit; border: 1px solid var(--line);
  border-radius: 8px; }
input[type=range] { width: 100%; }
blockquote { margin: .8rem 0; padding: .9rem 1.1rem; background: #f7f9fa; font-size: 1.1rem;
  border-left: 4px solid var(--accent); border-radius: 0 8px 8px 0; white-space: pre-wrap; }
img.target { max-width: 100%; border-radius: 8px; display: block; }
section.short-instructions, .crowd-instructions { color: var(--soft); font-size: .95rem;
  margin-top: 1rem; }
details { margin-top: .8rem; color: var(--soft); }
.actions { display: flex; gap: .7rem; margin-top: 1.4rem; align-items: center; }
button, a.button { font: inherit; border: 1px solid var(--accent); background: var(--accent);
  color: #fff; border-radius: 8px; padding: .55rem 1.3rem; cursor: pointer; text-decoration: none; }
button.quiet { background: #fff; color: var(--accent); }
.labels { display: flex; flex-wrap: wrap; } .labels .choice { padding: .3rem .8rem; }
.stage { position: relative; margin-top: .9rem; width: fit-content; max-width: 100%; }
.crowd-bounding-box .stage { cursor: crosshair; user-select: none; touch-action: none; }
.box { position: absolute; border: 2px solid var(--accent); background: rgb(11 92 171 / 14%); }
.box span { background: var(--accent); color: #fff; font-size: .75rem; padding: 0 .3rem;
  display: block; width: fit-content; line-height: 1.3; }
mark { background: #cfe3f7; border-radius: 4px; padding: 0 .15rem; }
.marks { padding-left: 1.3rem; } .marks li { margin-bottom: .35rem; }
.marks button { padding: 0 .6rem; margin-left: .6rem; }
.job { display: flex; justify-content: space-between; align-items: center; gap: 1rem; }
.job p { margin: 0; }
"""

SCRIPT = """
for (const area of document.querySelectorAll(".draw")) {
  const stage = area.querySelector(".stage"), field = area.querySelector("input[type=hidden]");
  const list = area.querySelector(".marks"), image = stage.querySelector("img");
  const target = stage.querySelector("blockquote");
  const boxes = area.classList.contains("crowd-bounding-box");
  const member = boxes ? "boundingBoxes" : "entities";
  const marks = JSON.parse(field.value || "{}")[member] || [];
  const text = target ? [...target.textContent] : [];
  const label = () => area.querySelector("[name=_label]:checked").value;
  const scale = () => image.naturalWidth / image.clientWidth;
  const place = (node, m) => {
    const s = scale();
    for (const side of ["left", "top", "width", "height"]) node.style[side] = m[side] / s + "px";
  };
  const save = () => {
    const answer = {[member]: marks};
    if (boxes) {
      const {naturalWidth: width, naturalHeight: height} = image;
      answer.inputImageProperties = {width, height};
    }
    field.value = JSON.stringify(answer);
  };
  const show = () => {
    list.replaceChildren(...marks.map((m, at) => {
      const item = document.createElement("li"), button = document.createElement("button");
      const part = boxes ? "" : ": " + text.slice(m.startOffset, m.endOffset).join("");
      item.textContent = m.label + part;
      button.type = "button"; button.className = "quiet"; button.textContent = "Remove";
      button.onclick = () => { marks.splice(at, 1); show(); };
      item.append(button); return item;
    }));
    if (boxes) {
      stage.querySelectorAll(".box").forEach((node) => node.remove());
      for (const m of marks) {
        const node = document.createElement("div"), name = document.createElement("span");
        node.className = "box"; name.textContent = m.label; node.append(name);
        place(node, m); stage.append(node);
      }
    } else {
      const ordered = [...marks].sort((a, b) => a.startOffset - b.startOffset), nodes = [];
      let at = 0;
      for (const m of ordered) {
        if (m.startOffset < at) continue;
        const node = document.createElement("mark");
        node.textContent = text.slice(m.startOffset, m.endOffset).join(""); node.title = m.label;
        nodes.push(text.slice(at, m.startOffset).join(""), node); at = m.endOffset;
      }
      target.replaceChildren(...nodes, text.slice(at).join(""));
    }
    save();
  };
  if (boxes) {
    let from = null, drawn = null;
    const point = (e) => {
      const r = image.getBoundingClientRect(), s = scale();
      const keep = (value, most) => Math.round(Math.min(Math.max(value, 0), most) * s);
      return [keep(e.clientX - r.left, r.width), keep(e.clientY - r.top, r.height)];
    };
    const between = (a, b) => ({label: label(), left: Math.min(a[0], b[0]),
      top: Math.min(a[1], b[1]), width: Math.abs(a[0] - b[0]), height: Math.abs(a[1] - b[1])});
    stage.onpointerdown = (e) => {
      from = point(e); drawn = document.createElement("div"); drawn.className = "box";
      stage.append(drawn); stage.setPointerCapture(e.pointerId); e.preventDefault();
    };
    stage.onpointermove = (e) => { if (from) place(drawn, between(from, point(e))); };
    stage.onpointerup = (e) => {
      if (!from) return;
      const m = between(from, point(e)); from = null;
      if (m.width > 2 && m.height > 2) marks.push(m);
      show();
    };
    if (image.complete) show(); else image.onload = show;
  } else {
    target.onmouseup = () => {
      const chosen = getSelection();
      if (chosen.isCollapsed) return;
      const range = chosen.getRangeAt(0), before = range.cloneRange();
      before.selectNodeContents(target); before.setEnd(range.startContainer, range.startOffset);
      const start = [...before.toString()].length, length = [...range.toString()].length;
      marks.push({label: label(), startOffset: start, endOffset: start + length});
      chosen.removeAllRanges(); show();
    };
    show();
  }
}
"""
"""Draws boxes and marks entities; offsets count characters as Unicode does, ends are exclusive."""


def frame(title: str, body: str, *, team: str, worker: str = "") -> bytes:
    """A whole page."""
    who = f"{html.escape(team)}{' · ' + html.escape(worker) if worker else ''}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>"
        f"<header><strong>Labeling portal</strong><span>{who}</span></header>"
        f"<main>{body}</main><script>{SCRIPT}</script></body></html>"
    ).encode()


def sign_in(root: str) -> str:
    """The form that asks for a worker's name."""
    return (
        f'<form class="card" method="post" action="{root}/sign-in"><h1>Sign in</h1>'
        '<p class="hint">Answers are kept under this name; use the same one every time.</p>'
        '<label class="field">Your name<input type="text" name="worker" required maxlength="64" '
        'pattern="[A-Za-z0-9_.@\\-]+" autofocus></label>'
        '<div class="actions"><button>Sign in</button></div></form>'
    )


def job_list(root: str, jobs: list[Document]) -> str:
    """The team's open jobs, each with the number of tasks that the worker could take."""
    if not jobs:
        return '<div class="card"><h1>Nothing to do</h1><p>No job has tasks for you now.</p></div>'
    return "".join(
        f'<div class="card job"><div><h1>{html.escape(job["title"])}</h1>'
        f"<p>{html.escape(job['description'])}</p>"
        f'<p class="hint">{job["tasks"]} {"task" if job["tasks"] == 1 else "tasks"} · '
        f"{html.escape(job['job'])}</p></div>"
        f'<a class="button" href="{root}/jobs/{job["job"]}">Start</a></div>'
        for job in jobs
    )


def task_page(root: str, job: Document, index: int, form: str) -> str:
    """One task: the template's content in a form, with the buttons that send it or give it back."""
    place = f"{root}/jobs/{job['LabelingJobName']}/{index}"
    human = job["HumanTaskConfig"]
    return (
        f'<div class="card"><h1>{html.escape(human["TaskTitle"])}</h1>'
        f'<p class="hint">{html.escape(human["TaskDescription"])}</p>'
        f'<form method="post" action="{place}">{form}'
        f'<div class="actions"><button>Submit</button>'
        f'<button class="quiet" formaction="{place}/decline" formnovalidate>Decline task</button>'
        "</div></form></div>"
    )
