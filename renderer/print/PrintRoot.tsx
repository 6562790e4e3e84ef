import { useEffect } from 'react'
import type { PrintDocument, PrintPageName } from '../../shared/model/print.ts'
import { ask, useAsk } from '../bridge/index.ts'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { Paper } from './Paper.tsx'
import { PrintedPage } from './pages.tsx'

/** Page number and digest in the margin of every sheet: only the printing engine knows the number. */
const foot = (digest: string): string => `@page {
  size: A4; margin: 16mm 16mm 20mm;
  @bottom-left { content: "SHA-256 ${digest}"; font: 7.5pt monospace; color: #4a5866 }
  @bottom-right { content: "Page " counter(page) " of " counter(pages); font: 8pt sans-serif; color: #4a5866 }
}`

const setFoot = ({ head }: PrintDocument): void => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(foot(/^[0-9a-f]{64}$/.test(head.digest) ? head.digest : ''))
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
}

/** A page for paper, alone in its window: no frame, nothing to press. It says when it stands. */
const PrintRoot = ({ page, id }: { page: PrintPageName; id: string | null }) => {
  const { value, problem } = useAsk('print.content', { page, id })
  useEffect(() => {
    if (value === null) return
    document.title = `${value.head.rehearsal ? 'REHEARSAL: ' : ''}${value.head.title}`
    setFoot(value)
    // Without its fonts the page would be broken into sheets once more after it was printed.
    void document.fonts.ready.then(() => ask('print.ready', {})).catch(() => undefined)
  }, [value])
  if (problem !== null) return <ProblemPanel problem={problem} />
  if (value === null) return null
  return (
    <Paper head={value.head}>
      <PrintedPage document={value} />
    </Paper>
  )
}
export default PrintRoot
