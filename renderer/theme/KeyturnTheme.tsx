import createCache from '@emotion/cache'
import { CacheProvider } from '@emotion/react'
import { ThemeProvider } from '@mui/material/styles'
import { useState, type ReactNode } from 'react'
import { GlobalLook } from './GlobalLook.tsx'
import { schemeStorage } from './scheme.ts'
import { theme } from './theme.ts'

/** The nonce of this load. Main writes it into the page; without it the CSP refuses every style of Emotion. */
const nonceOfPage = (): string =>
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''

export const KeyturnTheme = ({ children }: { children: ReactNode }) => {
  const [cache] = useState(() => createCache({ key: 'kt', nonce: nonceOfPage(), prepend: true }))
  return (
    <CacheProvider value={cache}>
      <ThemeProvider theme={theme} storageManager={schemeStorage} defaultMode="system" noSsr>
        <GlobalLook />
        {children}
      </ThemeProvider>
    </CacheProvider>
  )
}
