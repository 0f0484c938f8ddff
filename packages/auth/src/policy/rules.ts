import { expectKnown, isOptions, isTexts, type Known } from '../protocol/index.ts'
import { matchAny, type NameTest } from './pattern.ts'
import { expectScopes } from './scopes.ts'

/** What a tool asks of its caller beside the scope map. All that is named must hold; what is absent asks nothing. */
export interface Requirements {
  /** All of these scopes; a broader one stands for a narrower one. */
  readonly scopes?: readonly string[]
  /** One of these roles. */
  readonly roles?: readonly string[]
  /** The caller's tenant, to the letter. */
  readonly tenant?: string
  /** A condition over arguments and caller, in the language of the `conditions` port. */
  readonly when?: string
  /** Whether the arguments must pass the `validate` port. */
  readonly validate?: boolean
}

/** Requirements of all tools whose name matches one of the patterns (`*` stands for any characters). */
export interface Rule extends Requirements {
  readonly tools: readonly string[]
}

/** Who calls, as far as rules look at it. */
export interface RuledCaller {
  /** Whoever came without a credential, where that is enough: a rule is open to nobody in particular. */
  readonly isNobody?: boolean
  readonly clientId?: string | undefined
  readonly tenant?: string | undefined
  readonly roles: ReadonlySet<string>
}

/** What a condition is about. */
export interface ConditionFacts {
  readonly tool: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly caller: RuledCaller & { readonly scopes: ReadonlySet<string> }
}

/** Port of a language for conditions. @throws {TypeError} for a text that is no condition of it. */
export type Conditions = (text: string) => (facts: ConditionFacts) => boolean
/** Port of schema validation. @returns whether the arguments are what the tool's `inputSchema` takes. */
export type Validate = (tool: string, args: Readonly<Record<string, unknown>>) => boolean

/** Requirements whose condition has been compiled. */
export interface Settled {
  readonly scopes: readonly string[]
  readonly roles: readonly string[] | undefined
  readonly tenant: string | undefined
  readonly holds: ((facts: ConditionFacts) => boolean) | undefined
  readonly fits: Validate | undefined
}

/** What rules may need that is not here: a language, a validator. */
export interface Ports {
  readonly conditions?: Conditions
  readonly validate?: Validate
}

/** The rules of one server. Tools may state their own while it runs; what is compiled from rules reads them live. */
export interface Rules {
  /** What is asked for a tool; nothing for most. */
  of(tool: string): readonly Settled[]
  /** Which tools a client is limited to; undefined: not limited. */
  limitOf(clientId: string | undefined): NameTest | undefined
  /** Whether any rule can hide a tool from a caller. */
  readonly hides: boolean
  /** Every scope that a rule names. */
  readonly scopes: Iterable<string>
  /** Every role that a rule names. */
  readonly roles: Iterable<string>
  /** Another one after each word that was new: what was compiled before holds no scope that is named since. */
  readonly version: number
  /**
   * The requirements that stand next to one tool. The latest word on a tool counts.
   * @throws {TypeError} as `compileRules`.
   */
  note(tool: string, requirements: Requirements): void
}

/** Rules, as the operator writes them. */
export interface RuleTerms extends Ports {
  readonly rules?: readonly Rule[]
  /**
   * The only tools, by pattern, that a client may use. By client id, never by the name of a key: `record.clientId` of
   * one that was issued, the id before the colon of one from the environment, the client of a token.
   */
  readonly clients?: Readonly<Record<string, readonly string[]>>
}

/**
 * Compiles rules, once.
 * @param onScope Hears of each scope that a rule names, later ones included.
 * @throws {TypeError} where a rule is empty or of the wrong shape, and where it needs a port that is not there: a rule
 *   that cannot be asked would let everyone through.
 */
export function compileRules(
  { rules = [], clients = {}, ...ports }: RuleTerms = {},
  onScope: (scope: string) => void = () => {},
): Rules {
  if (!Array.isArray(rules)) throw new TypeError('"rules" must be a list: [{ tools, scopes }]')
  if (!isOptions(clients)) throw new TypeError('"clients" must name tools by client id: { CLIENT_ID: [TOOL] }')
  const patterned = rules.map((rule: Rule, index) => {
    const where = `rules[${index}]`
    if (!isOptions(rule)) throw new TypeError(`"${where}" must be an object: { tools, scopes }`)
    expectKnown(rule, RULE, where)
    const { tools, ...asked } = rule
    if (!isTexts(tools) || tools.length === 0) throw new TypeError(`"${where}.tools" must name tools`)
    return [matchAny(tools), settle(asked, ports, where)] as const
  })
  const limits = new Map(
    Object.entries(clients).map(([id, tools]) => {
      if (!isTexts(tools)) throw new TypeError(`"clients.${id}" must be a list of tool names`)
      return [id, matchAny(tools)]
    }),
  )
  const noted = new Map<string, Settled>()
  const words = new Map<string, string>()
  let version = 0
  const hiding = new Set<string>()
  const tell = ({ scopes }: Settled) => scopes.forEach(onScope)
  for (const [, settled] of patterned) tell(settled)
  const hidesAlways = limits.size > 0 || patterned.some(([, settled]) => isHiding(settled))
  return {
    of(tool) {
      if (patterned.length === 0 && noted.size === 0) return NONE
      const found = patterned.filter(([test]) => test(tool)).map(([, settled]) => settled)
      const own = noted.get(tool)
      return own === undefined ? found : [...found, own]
    },
    limitOf: (clientId) => (limits.size === 0 || clientId === undefined ? undefined : limits.get(clientId)),
    get hides() {
      return hidesAlways || hiding.size > 0
    },
    get scopes() {
      return new Set([...patterned.map(([, settled]) => settled), ...noted.values()].flatMap(({ scopes }) => scopes))
    },
    get roles() {
      return new Set(
        [...patterned.map(([, settled]) => settled), ...noted.values()].flatMap(({ roles }) => roles ?? []),
      )
    },
    get version() {
      return version
    },
    note(tool, requirements) {
      // A server that is made for each request says the same each time.
      const word = JSON.stringify(requirements)
      if (words.get(tool) === word) return
      const settled = settle(requirements, ports, `the requirements of "${tool}"`)
      noted.set(tool, settled)
      words.set(tool, word)
      tell(settled)
      version++
      if (isHiding(settled)) hiding.add(tool)
      else hiding.delete(tool)
    },
  }
}

const NONE: readonly Settled[] = []

/** Scopes hide, too, from callers who cannot ask for more. */
function isHiding({ scopes, roles, tenant }: Settled): boolean {
  return scopes.length > 0 || roles !== undefined || tenant !== undefined
}

const REQUIREMENTS: Known<Requirements> = { scopes: true, roles: true, tenant: true, when: true, validate: true }
const RULE: Known<Rule> = { tools: true, ...REQUIREMENTS }

/** @throws {TypeError} */
export function settle(requirements: Requirements, ports: Ports, where: string): Settled {
  if (!isOptions(requirements)) throw new TypeError(`${where} must say what it asks for: { scopes, roles }`)
  expectKnown(requirements, REQUIREMENTS, where)
  const { scopes = [], roles, tenant, when, validate = false } = requirements
  if (!isTexts(scopes)) throw new TypeError(`"scopes" of ${where} must be a list of scopes`)
  expectScopes(scopes)
  if (roles !== undefined && !(isTexts(roles) && roles.length > 0)) {
    throw new TypeError(`"roles" of ${where} must be a list of at least one role`)
  }
  if (tenant !== undefined && (typeof tenant !== 'string' || tenant === '')) {
    throw new TypeError(`"tenant" of ${where} must be a tenant's name`)
  }
  if (scopes.length === 0 && roles === undefined && tenant === undefined && when === undefined && !validate) {
    throw new TypeError(`${where} must ask for something: "scopes", "roles", "tenant", "when" or "validate"`)
  }
  if (when !== undefined && ports.conditions === undefined) {
    throw new TypeError(`"when" of ${where} needs a language: give policy({ conditions })`)
  }
  if (validate && ports.validate === undefined) {
    throw new TypeError(`"validate" of ${where} needs a validator: give policy({ validate })`)
  }
  return {
    scopes: [...scopes],
    roles: roles && [...roles],
    tenant,
    holds: when === undefined ? undefined : ports.conditions?.(when),
    fits: validate ? ports.validate : undefined,
  }
}

/** Whether somebody is one of those whom these requirements are open to; scopes and arguments are asked apart. */
export function admits({ roles, tenant }: Settled, caller: RuledCaller): boolean {
  if (caller.isNobody && (tenant !== undefined || roles !== undefined)) return false
  if (tenant !== undefined && caller.tenant !== tenant) return false
  return roles === undefined || roles.some((role) => caller.roles.has(role))
}
