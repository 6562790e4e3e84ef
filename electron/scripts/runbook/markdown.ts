import type { PlanDigest } from '../../../shared/model/ids.ts'
import type { Plan, PlanAdvice, PlannedStep } from '../../../shared/model/plan.ts'
import { displayScript, type ScriptLanguage } from '../../../shared/model/script.ts'
import { undoWords } from '../../../shared/model/undo-words.ts'
import { variablesOf } from './text.ts'

/** The plan for reading: a change ticket, a second pair of eyes, a server that Keyturn can't reach. */
export const runbookMarkdown = ({
  plan,
  digest,
  advice,
}: {
  plan: Plan
  digest: PlanDigest
  advice: PlanAdvice
}): string =>
  [
    `# ${escaped(plan.title)}`,
    '',
    `Plan \`${digest.match(/.{4}/g)?.join(' ') ?? digest}\`, run mark \`${plan.runId.slice(0, 8)}\`, facts read ${advice.factsAt}.`,
    '',
    ...section(
      'Targets',
      plan.targets.map(({ ref }) => `- ${escaped(ref.name)} (${ref.environment})`),
    ),
    ...section(
      'Blockers',
      advice.blockers.map((b) => `- ${escaped(`${b.what}. Measured: ${b.measured}. Needed: ${b.limit}.`)}`),
    ),
    ...section(
      'Warnings',
      advice.warnings.map((w) => `- **${escaped(w.what)}.** ${escaped(w.why)}.`),
    ),
    ...section(
      'Passwords that the run needs',
      variablesOf(plan).map(({ variable, what }) => `- \`${variable}\`: ${what}`),
    ),
    ...section(
      'Already there',
      advice.satisfied.map(
        ({ title, evidence }) =>
          `- ${escaped(title)}: ${escaped(evidence.statement)}: ${escaped(evidence.value)} (${escaped(evidence.source)}, ${evidence.at})`,
      ),
    ),
    '## Steps',
    '',
    ...plan.steps.flatMap(stepLines),
    ...section(
      'The plan relies on',
      plan.relied.map((r) => `- ${escaped(`${r.target}, ${r.fact}: ${r.value}`)}`),
    ),
    ...section(
      'Noted before the run',
      advice.notes.map((n) => `- ${escaped(`${n.statement}: ${n.value}`)} (${escaped(n.source)}, ${n.at})`),
    ),
  ].join('\n')

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`## ${title}`, '', ...lines, '']

const stepLines = (step: PlannedStep, index: number): string[] => [
  `### ${index + 1}. ${escaped(step.title)}`,
  '',
  `- Now: ${escaped(step.now)}`,
  `- After: ${escaped(step.after)}`,
  `- Permission: ${escaped(step.permission)}`,
  `- ${escaped(undoWords(step.undo))}`,
  ...(step.stopNow === null ? [] : [`- Stopped in the middle it leaves: ${escaped(step.stopNow.leaves)}`]),
  '',
  ...(step.scripts.length === 0 ? ['No statement: this step only reads.'] : fencedScripts(step)),
  '',
]

const fences: Readonly<Record<ScriptLanguage, { name: string; between: string }>> = {
  tsql: { name: 'sql', between: '\nGO\n' },
  rest: { name: 'http', between: '\n\n' },
  powershell: { name: 'powershell', between: '\n\n' },
  pkcs11: { name: 'text', between: '\n' },
  file: { name: 'text', between: '\n\n' },
}

/** One fence for each language of the step, in the order in which it comes. */
const fencedScripts = ({ scripts }: PlannedStep): string[] =>
  [...new Set(scripts.map(({ language }) => language))].flatMap((language) => {
    const { name, between } = fences[language]
    const own = scripts.filter((script) => script.language === language)
    return fenced(own.map(displayScript).join(between), name)
  })

/** A fence longer than any run of backticks inside, so that no name can end it. */
const fenced = (text: string, language: string): string[] => {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}${language}`, text, fence]
}

/** Names from servers stand in this text: none may become markup. */
const escaped = (text: string): string =>
  text.replace(/[\\`*_{}[\]<>#|!&]/g, (mark) =>
    mark === '<' ? '&lt;' : mark === '&' ? '&amp;' : `\\${mark}`,
  )
