import Button from '@mui/material/Button'
import { Component, type ReactNode } from 'react'
import { problemFrom } from '../bridge/index.ts'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'

interface State {
  thrown: unknown
}

/** A page that throws becomes a panel that says so; the frame, and with it Lock, stays usable. */
export class PageBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { thrown: null }

  static getDerivedStateFromError(thrown: unknown): State {
    return { thrown: thrown ?? 'nothing' }
  }

  override render(): ReactNode {
    if (this.state.thrown === null) return this.props.children
    return (
      <ProblemPanel
        problem={problemFrom(this.state.thrown)}
        actions={
          <Button variant="outlined" onClick={() => this.setState({ thrown: null })}>
            Open the page again
          </Button>
        }
      />
    )
  }
}
