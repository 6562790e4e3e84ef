import { RequestAborted, SqlError, SqlErrors } from './errors.ts'
import type { Frame, Node, Statement } from './script.ts'

type Flow = { t: 'next' } | { t: 'return'; value: number } | { t: 'break' } | { t: 'continue' }
const NEXT: Flow = { t: 'next' }

/** An error that was already sent to the client and ends the script. */
export class ScriptEnded extends Error {
  readonly sqlError: SqlError
  constructor(sqlError: SqlError) {
    super(sqlError.message)
    this.sqlError = sqlError
  }
}

/** Runs parsed nodes; resolves with the value of RETURN, or 0. */
export async function runNodes(nodes: readonly Node[], frame: Frame): Promise<number> {
  const flow = await new ScriptRunner(frame).list(nodes)
  return flow.t === 'return' ? flow.value : 0
}

class ScriptRunner {
  private readonly frame: Frame
  /** Depth of TRY blocks around the current statement; errors are thrown to them instead of sent. */
  private trying = 0

  constructor(frame: Frame) {
    this.frame = frame
  }

  async list(nodes: readonly Node[]): Promise<Flow> {
    for (const node of nodes) {
      const flow = await this.node(node)
      if (flow.t !== 'next') return flow
    }
    return NEXT
  }

  private async node(node: Node): Promise<Flow> {
    if (this.frame.signal.aborted) throw new RequestAborted()
    if (this.frame.session.settings.noExec && !(node.t === 'statement' && node.command === 'SET NOEXEC'))
      return NEXT
    switch (node.t) {
      case 'statement':
        await this.statement(node)
        return NEXT
      case 'block':
        return this.list(node.body)
      case 'if': {
        const met = await this.guarded(node.line, () => this.frame.session.test(node.condition, this.frame))
        if (met) return this.node(node.then)
        return node.otherwise === undefined ? NEXT : this.node(node.otherwise)
      }
      case 'while':
        return this.loop(node)
      case 'try':
        return this.tryNode(node)
      case 'leave':
        return this.leave(node)
      case 'throw':
        throw this.thrown(node)
    }
  }

  private async loop(node: Extract<Node, { t: 'while' }>): Promise<Flow> {
    for (
      let round = 0;
      await this.guarded(node.line, () => this.frame.session.test(node.condition, this.frame));
      round += 1
    ) {
      // A busy loop must not starve the connections of other sessions.
      if (round % 50 === 49) await new Promise((resolve) => setImmediate(resolve))
      const flow = await this.node(node.body)
      if (flow.t === 'break') break
      if (flow.t === 'return') return flow
    }
    return NEXT
  }

  private leave(node: Extract<Node, { t: 'leave' }>): Flow {
    if (node.kind !== 'return') return { t: node.kind }
    const value =
      node.value === undefined ? 0 : Number(this.frame.session.evaluate(node.value, this.frame).value ?? 0)
    return { t: 'return', value }
  }

  private thrown(node: Extract<Node, { t: 'throw' }>): SqlError {
    const { session } = this.frame
    if (node.args === undefined) {
      const caught = session.caughtErrors.at(-1)
      if (caught === undefined)
        return new SqlError(
          10704,
          'To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the THROW statement inside a CATCH block, or add error parameters to the THROW statement.',
          { severity: 15, line: node.line, endsBatch: true },
        )
      return new SqlError(caught.number, caught.message, {
        severity: caught.severity,
        state: caught.state,
        line: caught.line,
        endsBatch: true,
      })
    }
    const [number, message, state] = node.args.map((arg) => session.evaluate(arg, this.frame).value)
    return new SqlError(Number(number), String(message), {
      state: Number(state),
      line: node.line,
      endsBatch: true,
    })
  }

  private async tryNode(node: Extract<Node, { t: 'try' }>): Promise<Flow> {
    this.trying += 1
    let failure: SqlError
    try {
      return await this.list(node.body)
    } catch (error) {
      const caught = catchable(error)
      if (caught === undefined) throw error
      failure = caught
    } finally {
      this.trying -= 1
    }
    const { session } = this.frame
    session.caughtErrors.push({
      number: failure.number,
      severity: failure.severity,
      state: failure.state,
      line: failure.line ?? node.line,
      message: failure.message,
    })
    try {
      return await this.list(node.handler)
    } finally {
      session.caughtErrors.pop()
    }
  }

  /** Errors of control-flow conditions behave as those of statements. */
  private async guarded<T>(line: number, work: () => T): Promise<T> {
    try {
      return work()
    } catch (error) {
      throw withLine(error, line)
    }
  }

  private async statement(statement: Statement): Promise<void> {
    const { session, sink } = this.frame
    const leave = session.enter(statement.command)
    try {
      const count = await session.instance.faults.around(session, statement, () => statement.run(this.frame))
      session.statementDone(count ?? 0)
      if (statement.silent !== true && count !== undefined) {
        this.frame.answered.completions += 1
        await sink.done(session.settings.noCount ? null : count)
      }
    } catch (error) {
      await this.failed(withLine(error, statement.line))
    } finally {
      leave()
    }
  }

  private async failed(error: unknown): Promise<void> {
    const { session, sink } = this.frame
    const errors = error instanceof SqlError ? [error] : error instanceof SqlErrors ? error.errors : undefined
    if (errors === undefined) throw error
    const last = errors.at(-1) as SqlError
    session.statementFailed(last)
    // TRY gets the last of several errors, as the engine does.
    if (this.trying > 0) throw last
    for (const each of errors) await session.sendError(sink, each)
    this.frame.answered.completions += 1
    await sink.done(null)
    const rolledBack = session.settings.xactAbort && (await session.rollbackAfterError(sink))
    if (last.endsBatch || rolledBack || session.settings.xactAbort || last.severity >= 20)
      throw new ScriptEnded(last)
  }
}

function catchable(error: unknown): SqlError | undefined {
  const found = error instanceof SqlErrors ? error.errors.at(-1) : error
  // Errors of 20 and above end the connection; compile errors of the same level are not caught either.
  if (!(found instanceof SqlError) || found.severity >= 20) return undefined
  return [102, 137, 207, 208].includes(found.number) && found.severity === 15 ? undefined : found
}

function withLine(error: unknown, line: number): unknown {
  if (error instanceof SqlError && error.line === undefined) error.line = line
  if (error instanceof SqlErrors) for (const each of error.errors) each.line ??= line
  return error
}
