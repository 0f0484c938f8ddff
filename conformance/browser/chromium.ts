import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const found = [process.env.CHROMIUM ?? '', ...PLACES].find((path) => path !== '' && existsSync(path))

/** Why the suite cannot run here; false where it can. */
export const skip: string | false = found === undefined && 'apt-get install chromium, or name one in CHROMIUM'

export const THEMES = ['light', 'dark'] as const
/** A phone and a desk, in CSS pixels. */
export const WIDTHS = [390, 1280] as const

export interface Look {
  readonly theme: (typeof THEMES)[number]
  readonly width: (typeof WIDTHS)[number]
}

export const LOOKS: readonly Look[] = THEMES.flatMap((theme) => WIDTHS.map((width) => ({ theme, width })))

/** Chromium makes a socket under its folder for temporary files, whose path has room for about a hundred characters. */
export async function launch(): Promise<Browser> {
  const scratch = mkdtempSync('/tmp/chromium-')
  const quiet = ['background-networking', 'component-update', 'sync', 'quic', 'gpu'].map((name) => `--disable-${name}`)
  const browser = await chromium.launch({
    executablePath: found as string,
    args: ['--no-sandbox', '--no-first-run', ...quiet],
    env: { ...process.env, TMPDIR: scratch },
  })
  browser.on('disconnected', () => rmSync(scratch, { recursive: true, force: true }))
  return browser
}

/** A person's browser: its own cookies, and everything that it complained about. */
export interface Person {
  readonly context: BrowserContext
  readonly page: Page
  /** Errors of scripts and of the console, violations of a page's policy among them. */
  readonly complaints: string[]
}

export async function givenPerson(
  browser: Browser,
  { theme = 'light', width = 1280 }: Partial<Look> = {},
  options: { readonly javaScriptEnabled?: boolean } = {},
): Promise<Person> {
  const height = width < 600 ? 844 : 900
  const context = await browser.newContext({ colorScheme: theme, viewport: { width, height }, ...options })
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // A page with a status of 4xx is told of here, too; that is what it was asked for.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) complaints.push(message.text())
  })
  return { context, page, complaints }
}

/** How much wider a page is than its window: a person would have to scroll sideways. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}
