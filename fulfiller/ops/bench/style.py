"""How the picture of a bench looks on light pages, and on dark ones."""

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; fill: #1f2328 }
.head { font-size: 16px; font-weight: 600 }
.panel { font-weight: 600 }
.note { font-size: 11.5px; font-weight: 400; fill: #59636e }
.end { text-anchor: end }
.ours-figure { font-weight: 600 }
.ours { fill: #0d9488 }
.theirs { fill: #8c959f }
.floor { fill: url(#hatch); stroke: #8c959f }
.hatch { fill: #afb8c1 }
.line { stroke: #8c959f; stroke-width: 1; fill: none }
.range { stroke: #1f2328; stroke-width: 1.5; fill: none }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note { fill: #9198a1 }
  .ours { fill: #0fa394 }
  .theirs { fill: #6e7681 }
  .floor { stroke: #6e7681 }
  .hatch { fill: #484f58 }
  .line { stroke: #6e7681 }
  .range { stroke: #ffffff }
}
"""
