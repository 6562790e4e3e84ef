import { convertCell } from '../sql/convert.ts'
import { SqlError } from './errors.ts'
import { ScriptEnded } from './run-script.ts'
import { parseDeclarations, runText } from './run-batch.ts'
import type { ProcedureArgument } from './run-batch.ts'
import type { Frame, Variable } from './script.ts'

/** sp_executesql inside a batch: its own variables, the session's state, errors that stay inside its own script. */
export async function executeSql(frame: Frame, args: readonly ProcedureArgument[]): Promise<number> {
  const [statement, declarations, ...values] = args
  const declared = parseDeclarations(
    declarations?.value === null || declarations === undefined ? '' : String(declarations.value),
  )
  const variables = new Map<string, Variable>()
  const outputs: { from: Variable; to: Variable }[] = []
  declared.forEach((declaration, i) => {
    const arg =
      values.find((candidate) => candidate.name === declaration.name) ??
      (values[i]?.name === undefined ? values[i] : undefined)
    if (arg === undefined)
      throw new SqlError(
        8178,
        `The parameterized query expects the parameter '${declaration.name}', which was not supplied.`,
      )
    const variable = { type: declaration.type, value: convertCell(arg.value, arg.type, declaration.type, 0) }
    variables.set(declaration.name, variable)
    if (declaration.output && arg.target !== undefined) outputs.push({ from: variable, to: arg.target })
  })
  const status = await runInner(frame, String(statement?.value ?? ''), variables)
  for (const { from, to } of outputs) to.value = convertCell(from.value, from.type, to.type, 0)
  return status
}

/** EXEC ('text') and sp_executesql: a batch of its own, in the database where it leaves the session again. */
export async function runInner(frame: Frame, sql: string, variables: Map<string, Variable>): Promise<number> {
  const { session } = frame
  const database = session.databaseId
  try {
    return await runText({ ...frame, variables, depth: frame.depth + 1 }, sql)
  } catch (error) {
    // The error was sent already; the outer script goes on with its next statement, as after any failed EXEC.
    if (error instanceof ScriptEnded && !session.settings.xactAbort) return error.sqlError.number
    throw error
  } finally {
    if (session.databaseId !== database) {
      session.databaseId = database
      await frame.sink.database(session.database.name)
    }
  }
}
