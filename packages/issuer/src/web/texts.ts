/** Everything that the issuer's pages say, in one place. */
export const TEXTS = {
  product: 'Portcullis',
  errorWord: 'Please check:',

  name: 'Name',
  password: 'Password',
  newPassword: 'New password',
  passwordHint: (least: number) => `At least ${least} characters. Several words are fine.`,
  nameHint: 'Letters, digits and . _ @ + - without spaces. You sign in with it.',
  openPageAgain: 'This page was open for too long, or came from somewhere else. Try again.',
  tryAgainLater: (seconds: number) => `Too many attempts did not succeed. Try again in ${duration(seconds)}.`,
  busy: 'Too many people sign in at this moment. Try again in a few seconds.',

  signIn: {
    title: 'Sign in',
    for: (client: string) => `to go on with ${client}`,
    act: 'Sign in',
    cancel: 'Cancel',
    wrong: 'Name or password is wrong.',
  },

  consent: {
    title: 'Allow access',
    heading: (client: string, server: string) => ({ client, between: 'wants to use', server, after: 'for you' }),
    client: 'Client',
    calledByUrl: 'Says it is',
    goesOn: 'Goes on at',
    server: 'Server',
    you: 'You',
    loopback:
      'This client runs on your own computer, and every program there can claim this name. Allow it only if you have just started it yourself.',
    app: (scheme: string) =>
      `This leads to the app on your device that opens ${scheme} links. Allow it only if you have just come from there.`,
    unverified:
      'This client registered itself, and nobody has checked its name. The address at “Goes on at” gets the access: allow it only if you know it.',
    otherHost: 'The client says that it is from one site and goes on at another. Allow it only if you expected that.',
    may: 'It may',
    opensAll: 'Opens every tool of this server.',
    opens: (tools: string) => `Opens the tools ${tools}.`,
    more: (count: number) => `and ${count} more`,
    nothing: 'It asks for nothing on this server but to know that you have an account.',
    offline: (days: number) => `It stays connected for at most ${days} days, until you end it at your account page.`,
    none: 'Leave at least one thing ticked, or choose Deny.',
    allow: 'Allow',
    deny: 'Deny',
  },

  goOn: { title: 'One moment …', act: 'Go on' },

  gone: {
    title: 'Start again',
    text: 'This sign-in has ended, or belongs to another browser. Go back to your client and start again.',
  },

  fault: {
    title: 'This request does not work',
    text: 'The client asked for something that cannot be done, so nothing was allowed. Go back to it and start again; if that does not help, tell whoever runs this server the code below.',
    server: 'Something went wrong here. Try again later.',
    code: 'Code:',
  },

  leave: {
    title: 'Go back to the client?',
    text: 'Nothing was allowed. The client can be told so at the address below. Go on only if you know it.',
    to: 'Leads to',
    code: 'Code',
    act: (target: string) => `Go on to ${target}`,
  },

  account: {
    title: 'Your account',
    signedInAs: 'Signed in as',
    clients: 'Clients with access',
    noClients: 'No client has access.',
    goesOn: 'Goes on at',
    scopes: 'May use',
    since: 'Since',
    lastUsed: 'Last used',
    from: 'From network',
    until: 'At the latest until',
    end: 'End access',
    endOf: (client: string) => `End the access of ${client}`,
    endAll: 'End all access',
    password: 'Password',
    oldPassword: 'Current password',
    change: 'Change password',
    changeHint: 'Other browsers are signed out. Clients keep their access.',
    browsers: 'Browsers',
    browsersHint: 'Signing out does not end what clients may do.',
    signOut: 'Sign out',
    signOutOthers: 'Sign out other browsers',
    ended: 'The access has ended.',
    endedAll: 'All access has ended.',
    changed: 'The password has changed, and other browsers are signed out.',
    othersOut: 'All other browsers are signed out.',
    wrongPassword: 'The current password is wrong.',
  },

  setup: {
    title: 'Set up the first account',
    text: 'This account runs the server. The set-up token stands in the link that the server has printed.',
    token: 'Set-up token',
    tokenHint: 'What follows # in the link.',
    act: 'Create account',
    void: 'This token is not valid: it is wrong, older than an hour, or was used. “portcullis setup” makes a new one.',
    over: 'There is an account already, so this page does nothing any more.',
    signIn: 'Sign in',
  },

  invitation: {
    title: 'Choose a password',
    text: 'Your link holds a token that works once.',
    token: 'Token',
    tokenHint: 'What follows # in your link.',
    act: 'Save password',
    void: 'This token is not valid: it is wrong, too old, or was used. Ask whoever runs this server for a new one.',
  },

  faults: {
    name: {
      empty: 'The name is empty.',
      too_long: 'The name is too long: 100 characters at most.',
      characters: 'The name may hold letters, digits and . _ @ + - only.',
    },
    password: {
      too_short: (least: number) => `The password is too short: it needs at least ${least} characters.`,
      too_long: (most: number) => `The password is too long: ${most} characters at most.`,
    },
  },
} as const

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}
