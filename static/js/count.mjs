// Counts the segments of a text while it is typed, by the rules of messaging.encoding.segments (a test holds both
// against the same examples). Words come from data attributes, so languages need no second catalogue.
const basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
  + "abcdefghijklmnopqrstuvwxyzäöñüà";
const extension = "\f^{}\\[~]|€";
const one = new Set(basic);
const two = new Set(extension);

function pack(sizes, single, each) {
  const units = sizes.reduce((sum, size) => sum + size, 0);
  if (units <= single) return { units, segments: units ? 1 : 0 };
  let segments = 1;
  let used = 0;
  for (const size of sizes) {
    if (used + size > each) { segments += 1; used = 0; }
    used += size;
  }
  return { units, segments };
}

export function analyse(text) {
  const marks = [...text];
  const odd = marks.find((mark) => !one.has(mark) && !two.has(mark));
  if (odd === undefined) return { odd: "", wide: false, ...pack(marks.map((mark) => (two.has(mark) ? 2 : 1)), 160, 153) };
  return { odd, wide: true, ...pack(marks.map((mark) => mark.length), 70, 67) };
}

const put = (words, values) => words.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

if (typeof document !== "undefined") {
  for (const said of document.querySelectorAll("[data-count]")) {
    const field = document.getElementById(said.dataset.count);
    const show = () => {
      const found = analyse(field.value.replace(/\r\n?/g, "\n"));
      const kind = found.wide ? put(said.dataset.wide, { mark: found.odd }) : said.dataset.narrow;
      const amount = put(found.segments === 1 ? said.dataset.one : said.dataset.many, found);
      said.textContent = `${amount} ${kind}`;
    };
    field.addEventListener("input", show);
    show();
  }
}
