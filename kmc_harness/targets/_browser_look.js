// What is to be seen on a page, and what one can use there. Told once by `kmcFound`, to look and to use alike.
function kmcFound(selectors, scripted) {
  const box = e => e.getBoundingClientRect();
  const shown = e => e.checkVisibility({checkVisibilityCSS: true, visibilityProperty: true});
  const ticks = e => ['checkbox', 'radio'].includes(e.type);

  // Beneath a dialog that covers the page nothing can be used, whatever roles it has.
  const covered = e => {
    const {left, top, width, height} = box(e), x = left + width / 2, y = top + height / 2;
    const over = document.elementFromPoint(x, y);
    if (!over || e.contains(over) || over.contains(e)) return false;
    if (ticks(e)) return !e.parentElement.parentElement.contains(over);
    return ![...(e.labels ?? [])].some(label => label.contains(over));
  };
  const seen = e => shown(e) && !(scripted && covered(e));
  const all = selector => [...document.querySelectorAll(selector)].filter(seen);

  const FIELDS = 'input:not([type=hidden], [type=submit], [type=button], [type=image], [type=reset]), select, textarea';
  const CONTROLS = 'button, [role=button], [role=link], input[type=submit], input[type=button], input[type=image], a';
  // What looks as if it could be clicked: the outermost with the pointer of a link.
  const pointed = e => getComputedStyle(e).cursor == 'pointer';
  const clickable = e => e.matches(CONTROLS) || (scripted && pointed(e) && !pointed(e.parentElement)
    && !e.matches(FIELDS + ', label, option') && !e.querySelector(FIELDS + ', ' + CONTROLS) && !e.closest(CONTROLS));
  const named = selectors.length ? selectors.join(', ') : ':not(*)';
  const control = all('body *').filter(e => e.matches(named) || clickable(e));
  return {field: all(FIELDS), control, seen, shown, ticks, box};
}

function kmcLook(selectors, smallest) {
  // Of a page that is still read, nobody knows yet.
  const scripted = document.readyState != 'complete' || [...document.scripts].some(e => !e.type || e.type == 'module' || e.type.includes('javascript'));
  const {field, control, seen, shown, ticks, box} = kmcFound(selectors, scripted);
  const one = text => (text || '').replace(/\s+/g, ' ').trim();
  const refers = e => (e.getAttribute('aria-labelledby') || '').split(' ').map(id => document.getElementById(id));
  const inside = e => [...e.querySelectorAll('img[alt]')].map(each => each.alt).join(' ');
  const text = e => one(refers(e).map(each => each?.innerText).join(' ')) || one(e.getAttribute('aria-label'))
    || one(e.labels?.[0]?.innerText) || one(e.innerText) || (e.matches('input:is([type=submit], [type=button])') ? e.value : '')
    || one(e.alt) || one(inside(e)) || one(e.title) || one(e.placeholder);

  // Where a field says nothing of itself, people read what stands beside it, or above; not what a dialog lies over.
  const beneath = (parent, {left, top, width, height}) => {
    const over = document.elementFromPoint(left + width / 2, top + height / 2);
    return over && !over.matches('input, select, textarea') && !over.contains(parent) && !parent.contains(over);
  };
  let written = null;
  const texts = () => {
    if (written) return written;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
    written = [];
    for (let node; (node = walker.nextNode());) {
      if (!one(node.data) || !shown(node.parentElement) || node.parentElement.closest('button, select, script, style')) continue;
      range.selectNodeContents(node);
      const place = range.getBoundingClientRect();
      if (!scripted || !beneath(node.parentElement, place)) written.push([one(node.data), place]);
    }
    return written;
  };
  const named = e => {
    let place = e;
    while (ticks(e) && box(place).width < 8 && place.parentElement) place = place.parentElement;
    const at = box(place);
    const level = to => to.top < at.bottom && to.bottom > at.top;
    const beside = to => !level(to) ? Infinity
      : ticks(e) ? (to.left >= at.right - 1 ? to.left - at.right : Infinity)
      : to.right <= at.left + 1 ? at.left - to.right : Infinity;
    const above = to => !ticks(e) && to.left < at.right && to.right > at.left && to.bottom <= at.top + 1 ? at.top - to.bottom : Infinity;
    const nearest = away => texts().map(([said, to]) => [away(to), said]).filter(([far]) => far < 160)
      .sort((a, b) => a[0] - b[0])[0]?.[1];
    return nearest(beside) ?? nearest(above) ?? '';
  };
  const fits = e => selectors.filter(selector => e.matches(selector));
  const value = e => ticks(e) ? (e.checked ? 'on' : '') : e.type == 'password' ? '•'.repeat(e.value.length) : e.value;

  const drawn = e => e.matches('img, canvas, svg') ? e.currentSrc || e.src || 'drawn'
    : (getComputedStyle(e).backgroundImage.match(/^url\("(.*)"\)/) || [])[1];
  const large = e => Math.min(box(e).width, box(e).height) >= smallest;
  const lines = (document.body?.innerText || '').split('\n').map(one).filter(line => line);
  const pictures = [...document.querySelectorAll('body *')].filter(e => large(e) && seen(e)).map(drawn).filter(each => each);
  // A page on which nothing is to be seen has not been drawn yet.
  const busy = document.readyState != 'complete' || ![lines, field, control, pictures].some(each => each.length)
    || [...document.querySelectorAll('[aria-busy=true]')].some(shown);
  let keeps = false;
  try { keeps = localStorage.length + sessionStorage.length > 0; } catch { /* a page that may keep nothing */ }
  return {
    field: field.map(e => [text(e) || named(e), value(e), fits(e)]),
    control: control.map(e => [text(e), e.href || '', fits(e)]),
    said: [...document.querySelectorAll('[role=alert], [role=alertdialog], [role=status]')].filter(shown)
      .map(e => [e.getAttribute('role'), one(e.innerText)]),
    lines,
    pictures,
    heading: one(document.querySelector('h1')?.innerText || document.body?.innerText),
    scripted, busy, keeps,
  };
}

// Go to one of them, as Tab does: how it is used from there, or why it takes nothing.
function kmcGo(selectors, role, at, scripted) {
  const it = kmcFound(selectors, scripted)[role][at];
  if (!it) return {how: 'gone'};
  it.focus();
  if (document.activeElement == it && !it.readOnly) {
    it.select?.();
    return {how: it.matches('div, span, i, p, li') ? 'mouse' : 'keys', ...middle(it)};
  }
  return {how: it.disabled || it.readOnly || role == 'field' ? 'nothing' : 'mouse', ...middle(it)};
  function middle(e) {
    const {left, top, right, bottom} = e.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) { e.scrollIntoView({block: 'center'}); return middle.call(null, e); }
    return {x: (left + right) / 2, y: (top + bottom) / 2};
  }
}

// What a browser says of a form that it does not send, because a field lacks something.
function kmcHeldBack() {
  const button = document.activeElement, form = button.form;
  if (!form || form.noValidate || button.formNoValidate || button.type != 'submit') return '';
  return [...form.elements].find(e => e.willValidate && !e.validity.valid)?.validationMessage ?? '';
}
