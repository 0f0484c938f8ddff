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
  tooOften: {
    title: 'Too many requests',
    text: (seconds: number) =>
      `Too many clients asked for access from your network. Nothing was allowed. Try again in ${duration(seconds)}.`,
  },
  crowded: {
    title: 'Too many requests',
    text: 'Too many requests wait here at this moment. Nothing was allowed. Try again in a few seconds.',
  },
  /** What scopes that every server has let a client do, where the operator says nothing else. */
  scopes: {
    read: 'Read its resources and prompts',
    write: 'Use all of its tools',
    writeOthers: 'Use all of its tools that no other permission covers',
  },
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
    heading: (client: string, server: string) => ({
      client,
      between: 'wants to use the server',
      server,
      after: 'for you',
    }),
    client: 'Client',
    calledByUrl: 'Says it is',
    goesOn: 'Sends you back to',
    server: 'Server',
    signedInAs: 'Signed in as',
    another: 'Use another account',
    loopback:
      'This client runs on your own computer, and every program there can claim this name. Allow it only if you have just started it yourself.',
    app: (scheme: string) =>
      `This leads to the app on your device that opens ${scheme} links. Allow it only if you have just come from there.`,
    unverified:
      'This client registered itself, and nobody has checked its name. The address at “Sends you back to” gets the access: allow it only if you know it.',
    otherHost:
      'The client says that it is from one site and sends you back to another. Allow it only if you expected that.',
    may: 'It may',
    asksMore: 'It has some of this already and asks for more. What is new is marked.',
    asksAgain: 'It has all of this already and asks again.',
    isNew: 'new',
    isHeld: 'has this already',
    opensAll: 'Opens every tool of this server.',
    opens: (tools: string) => `Opens the tools ${tools}.`,
    more: (count: number) => `and ${count} more`,
    nothing: 'It asks for nothing on this server but to know that you have an account.',
    offline: (days: number) => ({
      text: `It stays connected for at most ${days} days, or until you end it at`,
      account: 'your account page',
    }),
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
    unknownClient:
      'This server does not know the client any more, or has shut it out, so nothing was allowed. Let the client forget the sign-in that it has saved for this server (often called “clear authentication”, “log out” or “remove server”), and start again there. If that does not help, tell whoever runs this server the code below.',
    redirect:
      'The client asked to send you to a place that it has not registered, so nothing was allowed and you stay here. Let the client forget the sign-in that it has saved for this server, and start again there. If that does not help, tell whoever runs this server the code below.',
  },

  bare: {
    title: 'Start in your client',
    text: 'Clients open this page when they want access to a server, and no client has opened it now. Give your client the address of a server: it brings you here and says what it wants.',
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
    goesOn: 'Sends you back to',
    scopes: 'May',
    lastUsed: 'Last used',
    notUsed: 'never, as far as is known',
    from: 'from',
    allowed: 'Allowed on',
    until: (date: string) => `until ${date} at the latest`,
    connect: 'Connect a client',
    connectHint: 'Give your MCP client the address of a server. It opens a page here, where you say what it may do.',
    end: 'End access',
    endOf: (client: string) => `End the access of ${client}`,
    endAll: 'End all access',
    password: 'Password',
    oldPassword: 'Current password',
    change: 'Change password',
    changeHint: 'Changing it signs out other browsers. Clients keep their access.',
    browsers: 'Browsers',
    browsersHint: 'Signing out does not end what clients may do.',
    signOut: 'Sign out',
    signOutOthers: 'Sign out other browsers',
    ended: 'The access has ended.',
    endedAll: 'All access has ended.',
    changed: 'The password has changed, and other browsers are signed out.',
    othersOut: 'All other browsers are signed out.',
    made: 'Your account is made, and you are signed in. What is left is to connect a client.',
    chosen: 'Your password is saved, and you are signed in.',
    wrongPassword: 'The current password is wrong.',
    samePassword: 'The new password is the current one. Choose another.',
  },

  setup: {
    title: 'Set up the first account',
    text: 'It signs in to what stands behind this gate. The set-up token stands in the link that the server has printed.',
    token: 'Set-up token',
    tokenHint: 'What follows # in the link.',
    act: 'Create account',
    void: 'This token is not valid: it is wrong, older than an hour, was used, or was replaced by a newer one. “npx portcullis setup”, with the --config of this gate, makes another.',
    over: 'There is an account already, so this page does nothing any more.',
    signIn: 'Sign in',
  },

  invitation: {
    title: 'Choose a password',
    text: 'Your link holds a token that works once.',
    token: 'Token',
    tokenHint: 'What follows # in your link.',
    look: 'Go on',
    account: 'For the account',
    act: 'Save password',
    void: 'This token is not valid: it is wrong, too old, was used, or was replaced by a newer one. Ask whoever runs this server for a new one.',
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
