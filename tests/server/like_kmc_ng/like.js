'use strict';
const KS = 'auth.login.ks', WANTED = 'ngx-webstorage|loginpartnerid', NAME = 'ngx-webstorage|login.username';
const STORES = {
  kApple: 'https://itunes.apple.com/il/app/google-authenticator/id388497605?mt=8',
  kGoogle: 'https://play.google.com/store/apps/details?id=com.google.android.apps.authenticator2&hl=en',
};
const ERRORS = {
  USER_WRONG_PASSWORD: 'The username or password you entered is incorrect.',
  INVALID_OTP: 'Invalid authenticator code',
  MISSING_OTP: '',
};
const main = document.querySelector('main');
let me = null;

// A call that waits its turn, as those of a large front end do.
async function api(service, action, parameters = {}) {
  await new Promise(done => setTimeout(done));
  const body = JSON.stringify({format: 1, ...parameters});
  const headers = {'Content-Type': 'application/json'};
  return (await fetch(`/api_v3/service/${service}${action ? '/action/' + action : ''}`, {method: 'POST', body, headers})).json();
}
const failed = said => said?.objectType == 'KalturaAPIException';
const who = ks => ({
  2: {service: 'partner', action: 'getInfo', ks},
  3: {service: 'userrole', action: 'get', ks, userRoleId: '{1:result:roleIds}'},
  4: {service: 'permission', action: 'list', ks},
});

function draw(html, actions = {}, place = main) {
  place.innerHTML = html;
  // A browser shall not fill them in: for a while they cannot be typed into.
  for (const each of place.querySelectorAll('input[type=password]')) {
    each.readOnly = true;
    setTimeout(() => { each.readOnly = false; }, 150);
  }
  for (const [selector, act] of Object.entries(actions)) {
    for (const each of place.querySelectorAll(selector)) each.addEventListener('click', event => { event.preventDefault(); act(each); });
  }
  return selector => place.querySelector(selector);
}
async function busy(button, work) {
  const label = button.textContent;
  button.textContent = 'Wait…';
  button.disabled = true;
  try { return await work(); } finally { button.textContent = label; button.disabled = false; }
}
function dialog(html, actions) {
  const made = document.body.appendChild(document.createElement('div'));
  const close = () => made.remove();
  const given = Object.fromEntries(Object.entries(actions).map(([selector, act]) => [selector, each => act(each, close)]));
  return draw(`<div class="mask"></div><div class="dialog">${html}</div>`, given, made);
}
const row = (label, field) => `<div><span>${label}</span><div>${field}</div></div>`;
const PASSWORD = '<input type="password" autocomplete="off">';

// In front of the login

function loginScreen(asks = false) {
  const $ = draw(`<form><h1>Login</h1>${row('Email', '<input class="email">')}${row('Password', PASSWORD)}
    <div class="${asks ? '' : 'invisible'} code"><input placeholder="Enter Authenticator Code"><span>What’s this?</span></div>
    <p class="error"></p>
    <div><span class="tick"><span><input type="checkbox"></span></span> <label>Remember me</label>
      <a class="forgot">Forgot Password?</a></div>
    <div><button class="go">Login</button> <a class="sso">Login with SSO</a></div></form>
    <p>Don't have an account?</p><button class="up">Sign Up</button>`, {
    '.forgot': forgotScreen,
    '.up': () => { location.href = kmcConfig.externalLinks.kaltura.signUp; },
    '.go': button => busy(button, logIn),
  });
  $('.email').value = JSON.parse(localStorage.getItem(NAME) || '""');
  async function logIn() {
    const email = $('.email').value, wanted = localStorage.getItem(WANTED);
    if ($('[type=checkbox]').checked) localStorage.setItem(NAME, JSON.stringify(email)); else localStorage.removeItem(NAME);
    $('.error').textContent = '';
    const login = {service: 'user', action: 'loginByLoginId', loginId: email, password: $('[type=password]').value,
      otp: $('.code input').value, ...(wanted ? {partnerId: wanted} : {})};
    const ks = '{1:result}';
    const asked = {1: login, 2: {service: 'user', action: 'getByLoginId', ks, loginId: email}, 3: {service: 'partner', action: 'getInfo', ks}};
    const [opened, user, partner] = await api('multirequest', '', asked);
    if (failed(opened)) {
      if (opened.code == 'MISSING_OTP') $('.code').classList.remove('invisible');
      $('.error').textContent = ERRORS[opened.code] ?? opened.message;
      return;
    }
    localStorage.removeItem(WANTED);
    sessionStorage.setItem(KS, opened);
    me = {ks: opened, user, partner};
    inside();
  }
}

function forgotScreen() {
  const $ = draw(`<form><h1>Forgot Password</h1><p>Instructions to reset your password will be sent to your email.</p>
    ${row('Email', '<input class="email">')}<button class="go">Send</button></form>`, {
    '.go': button => busy(button, async () => {
      await api('user', 'resetPassword', {email: $('.email').value});
      draw('<h1>Forgot Password</h1><p>An Email has been sent to your inbox!</p>');
    }),
  });
}

async function enrolmentScreen(hashKey, picture = '') {
  history.replaceState(null, '', '/index.php/kmcng/login');
  const $ = draw(`<div class="qrCode"></div><span>Scan this QR code with your authentication app.</span>
    <div><div class="kDownloadBtn kApple"></div> <div class="kDownloadBtn kGoogle"></div></div><button class="go">Continue</button>`, {
    '.kDownloadBtn': each => window.open(STORES[each.classList[1]]),
    '.go': () => loginScreen(true),
  });
  const said = picture || await api('user', 'generateQrCode', {hashKey});
  if (failed(said)) dialog(`<p>Error</p><p>${said.message}</p><button>OK</button>`, {button: (_, close) => close()});
  else $('.qrCode').style.backgroundImage = `url("data:image/png;base64,${said}")`;
}

async function restoreScreen(hashKey) {
  const said = await (await fetch(kmcConfig.kalturaServer.resetPasswordUri.replace('{hash}', hashKey))).json();
  if (said.errorCode) {
    draw(`<h1>Link Invalid</h1><p>This link is invalid or has expired.</p>${row('Email', '<input>')}<button>Send</button>`);
    return;
  }
  const $ = draw(`<h1>Welcome to Kaltura.<br>Please select your password.</h1>${row('Enter new password', PASSWORD)}
    ${row('Confirm new password', PASSWORD)}<p class="error"></p><button class="go">Send</button>`, {
    '.go': button => busy(button, async () => {
      const [first, second] = [...main.querySelectorAll('input')].map(each => each.value);
      if (first != second) { $('.error').textContent = 'Passwords do not match'; return; }
      const set = await api('adminUser', 'setInitialPassword', {hashKey, newPassword: first});
      if (failed(set)) { $('.error').textContent = set.message; return; }
      draw('<h1>Your new password has been set, please login to Kaltura management console.</h1><button>OK</button>', {
        button: () => set.qrCode ? enrolmentScreen('', set.qrCode) : loginScreen(),
      });
    }),
  });
}

// Behind it

function inside() {
  history.replaceState(null, '', '/index.php/kmcng/settings/myUserSettings');
  draw(`<div class="kUserName"></div><p>User Details</p>${row('Password', '<a class="edit">Edit Password</a>')}`, {
    '.kUserName': menu, '.edit': editPassword,
  });
}

function menu() {
  const names = me.partner.name.split('-').slice(0, 2).map(each => `<p>${each}</p>`).join('');
  dialog(`<div class="kUserSettings"><div class="partner-info">${names}</div><hr>
    <a class="accounts">Change Account</a> <a class="out">Logout</a></div>`, {
    '.accounts': (_, close) => { close(); chooseAccount(); },
    '.out': logOut,
  });
}

async function logOut() {
  sessionStorage.removeItem(KS);
  await api('session', 'end', {ks: me.ks});
  location.href = '/index.php/kmcng/';
}

async function chooseAccount() {
  const {objects} = await api('partner', 'listPartnersForUser', {ks: me.ks});
  const rows = objects.map(each => `<div><span class="tick"><span><input type="radio" name="account" value="${each.id}"></span></span>
    <label>${each.name} (${each.id})</label></div>`).join('');
  const $ = dialog(`<p>Change Account</p>${rows}<button class="go">Continue</button>`, {'.go': () => switchTo($('input:checked').value)});
  $(`[value="${me.partner.id}"]`).checked = true;
  async function switchTo(id) {
    const said = await api('user', 'loginByKs', {ks: me.ks, requestedPartnerId: id});
    if (!failed(said)) {
      sessionStorage.setItem(KS, said.ks);
      await api('session', 'end', {ks: me.ks});
      location.href = '/index.php/kmcng/';
      return;
    }
    const block = $('.dialog').appendChild(document.createElement('div'));
    block.className = 'blocker';
    draw('<p>Attention</p><p>Requested account requires new login.</p><button class="out">Logout</button> <button>Cancel</button>', {
      '.out': () => { localStorage.setItem(WANTED, id); logOut(); },
    }, block);
  }
}

function editPassword() {
  const code = me.partner.authenticationType ? row('Enter Authenticator Code', '<input class="code">') : '';
  const $ = dialog(`<p>Change Password</p>${row('Current Password', PASSWORD)}${row('New password', PASSWORD)}
    ${row('Re-type the new password', PASSWORD)}${code}<p class="error"></p><button>Cancel</button> <button class="go">Save</button>`, {
    '.go': async (_, close) => {
      const [old, first, second] = [...$('.dialog').querySelectorAll('[type=password]')].map(each => each.value);
      if (first != second) { $('.error').textContent = 'Password fields do not match.'; return; }
      const email = me.user.id, asked = {ks: me.ks, oldLoginId: email, password: old, newPassword: first, otp: $('.code')?.value ?? ''};
      const said = await api('user', 'updateLoginData', asked);
      if (failed(said)) $('.error').textContent = 'Supplied password is invalid.'; else close();
    },
  });
}

// What is at which address

async function begin() {
  const [, action, hash] = location.pathname.match(/\/actions\/([\w-]+)\/(.*)$/) || [], ks = sessionStorage.getItem(KS);
  if (action) {
    const key = decodeURIComponent(hash).replace(/=+$/, '');
    return action == 'auth-info' ? enrolmentScreen(key) : restoreScreen(key);
  }
  if (!ks) return loginScreen();
  const said = await api('multirequest', '', {1: {service: 'user', action: 'get', ks}, ...who(ks)});
  if (said.some(failed)) return loginScreen();
  me = {ks, user: said[0], partner: said[1]};
  inside();
}
begin();
