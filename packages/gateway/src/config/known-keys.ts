import type * as z from 'zod/mini'
import type { Path } from './problem.ts'

/** The parts of a schema's definition that lead to what it holds. */
interface Definition {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.ZodMiniType>>
  readonly options?: readonly z.ZodMiniType[]
  /** prefault, optional */
  readonly innerType?: z.ZodMiniType
  /** pipe */
  readonly in?: z.ZodMiniType
  /** record */
  readonly valueType?: z.ZodMiniType
  readonly element?: z.ZodMiniType
}

/** The keys that a schema knows at a path. Of a union, those of every shape; of a map the operator names, none. */
export function knownKeys(schema: z.ZodMiniType, path: Path): readonly string[] {
  const definition = schema._zod.def as unknown as Definition
  const within = definition.innerType ?? definition.in
  if (within !== undefined) return knownKeys(within, path)
  if (definition.options !== undefined) return definition.options.flatMap((option) => knownKeys(option, path))
  const [step, ...rest] = path
  if (step === undefined) return Object.keys(definition.shape ?? {})
  const { shape = {}, valueType, element } = definition
  const next = Object.hasOwn(shape, step) ? shape[step] : (valueType ?? element)
  return next === undefined ? [] : knownKeys(next, rest)
}

/** What stands in a path where the operator chooses the name. */
export const ANY_NAME = 'NAME'

/** The maps, by their paths, in which a key is known. */
export function mapsWith(schema: z.ZodMiniType, key: string, at: Path = []): readonly Path[] {
  const definition = schema._zod.def as unknown as Definition
  const { shape = {}, valueType, options = [], innerType, in: within } = definition
  const here = Object.hasOwn(shape, key) ? [at] : []
  const same = [innerType ?? within, ...options].flatMap((part) => (part === undefined ? [] : mapsWith(part, key, at)))
  const below = Object.entries(shape).flatMap(([step, part]) => mapsWith(part, key, [...at, step]))
  const named = valueType === undefined ? [] : mapsWith(valueType, key, [...at, ANY_NAME])
  return [...here, ...same, ...below, ...named]
}
