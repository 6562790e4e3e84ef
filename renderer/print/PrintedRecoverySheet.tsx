import type { PrintContents } from '../../shared/model/print.ts'
import { withoutControls } from '../ui/format.ts'

const isCommand = (heading: string): boolean => /command/i.test(heading)

/** What opens the keyring without Keyturn; reads without the program. */
export const PrintedRecoverySheet = ({ sections }: PrintContents['recovery-sheet']) => (
  <>
    {sections.map(({ heading, lines }) => (
      <section key={heading}>
        <h2>{heading}</h2>
        {lines.map((line) =>
          isCommand(heading) ? <pre key={line}>{line}</pre> : <p key={line}>{withoutControls(line)}</p>,
        )}
      </section>
    ))}
  </>
)
