import { createContext, useContext, useEffect } from 'react'

/** What became of the text in a secret field when it was asked to hand it over. */
export type Commit = 'kept' | 'empty' | { refused: string }

interface SecretOnScreen {
  label: string
  /** Hands typed text over to main, if its rules are met. */
  commit: () => Promise<Commit>
  /** True while something is typed that main does not hold. */
  hasText: () => boolean
}

/** The secret fields of one screen: Next asks them, leaving looks at them. */
export class SecretsOnScreen {
  readonly fields = new Map<string, SecretOnScreen>()

  notKept(): string[] {
    return Array.from(this.fields.values())
      .filter((field) => field.hasText())
      .map(({ label }) => label)
  }

  /** Errors by field name; empty where all was handed over. */
  async commitAll(): Promise<Map<string, string>> {
    const errors = new Map<string, string>()
    for (const [name, field] of this.fields) {
      const outcome = await field.commit()
      if (typeof outcome === 'object') errors.set(name, outcome.refused)
    }
    return errors
  }
}

export const SecretsContext = createContext<SecretsOnScreen | null>(null)

/** Makes a secret field known to its screen while it is shown. */
export const useOnScreen = (name: string, field: SecretOnScreen): void => {
  const screen = useContext(SecretsContext)
  useEffect(() => {
    if (!screen) return
    screen.fields.set(name, field)
    return () => {
      if (screen.fields.get(name) === field) screen.fields.delete(name)
    }
  })
}
