"""What the scripts of the page bring to life: hidden until they run, so that no button is ever dead."""

READER = """<aside class="reader" aria-label="Where it comes from" hidden>
<div class="tour"><button class="previous" aria-label="Previous step">‹</button>
<span class="place"></span><button class="next" aria-label="Next step">›</button></div>
<div class="text"><div class="formula"></div><div class="sum"></div></div>
<form class="edit" hidden><label><span></span> <input inputmode="decimal" autocomplete="off"></label>
<button>Set</button></form>
<p class="heard" role="status"></p>
</aside>"""

TRAINING = """<div class="training" hidden><h3>Change it</h3>
<p>The input, the target and every parameter can be changed: choose a cell and give it
another number below (on a keyboard: Enter). All numbers are computed anew, here, in double precision.</p>
<div class="buttons"><label><i>η</i>
<input class="eta" aria-label="eta: how far a step goes" inputmode="decimal" autocomplete="off"></label>
<button class="one">One step</button><button class="ten">Ten steps</button>
<button class="compare">Check</button>
<button class="reset">Reset</button></div>
<p class="said" role="status"></p>
<figure class="curve"><svg viewBox="0 0 320 150" role="img"></svg>
<figcaption>The loss after each step</figcaption>
</figure></div>"""

TOP = """<nav class="views" hidden><button class="theme">Dark</button></nav>"""
