import Link from '@mui/material/Link'
import { styled } from '@mui/material/styles'
import { useEffect, useRef, type ReactNode } from 'react'
import type { Environment } from '../../shared/model/target.ts'
import { useApp } from '../app/state/app-state.ts'
import { usePage } from '../app/state/page.ts'

export interface PageHeaderProps {
  /** The `h1`: the question or the fact of this page. */
  title: ReactNode
  /** The page above this one in the navigation, as a way back; absent where this page stands there itself. */
  up?: { label: string; hash: string }
  /** Name of the page for the window title. */
  page: string
  /** The object that the page is about, for the window title. */
  object?: string | undefined
  /** Most dangerous environment that the page touches; absent: that of the profile. */
  environment?: Environment | null | undefined
  /** The whole window title, where it is not made of page, object and environment. */
  windowTitle?: string
  /** The answers on this page need a change: the title says so first. */
  error?: boolean
  purpose?: ReactNode
  actions?: ReactNode
  /** False where focus must stay where it is (a page that shows another state of itself). */
  takeFocus?: boolean
}

const Head = styled('header')({
  display: 'flex',
  flexWrap: 'wrap',
  gap: '8px 24px',
  alignItems: 'flex-start',
})
const Words = styled('div')({ flex: '1 1 320px', minWidth: 0 })
const Up = styled('nav')({
  minHeight: 24,
  '& a::before': { content: '"‹"', display: 'inline-block', paddingInlineEnd: 6 },
})
const Title = styled('h1')(({ theme }) => ({ ...theme.typography.h1 }))
const Purpose = styled('p')(({ theme }) => ({
  color: theme.vars.palette.text.secondary,
  marginTop: 4,
  maxWidth: '75ch',
}))
const Actions = styled('div')({ display: 'flex', flexWrap: 'wrap', gap: 8 })

/** The one `h1` of a page. It takes focus when the page appears and names the window. */
export const PageHeader = (props: PageHeaderProps) => {
  const { page, object, windowTitle, environment = null, error = false, takeFocus = true } = props
  const heading = useRef<HTMLHeadingElement>(null)
  const profile = useApp(({ app }) => app?.environment ?? 'none')
  const named = environment ?? profile
  useEffect(() => {
    usePage.setState({ environment })
    return () => usePage.setState({ environment: null })
  }, [environment])
  useEffect(() => {
    const parts = [page, object, named === 'none' ? undefined : named.toUpperCase(), 'Keyturn']
    document.title =
      windowTitle ?? `${error ? 'Error: ' : ''}${parts.filter((part) => part !== undefined).join(' · ')}`
  }, [page, object, windowTitle, named, error])
  useEffect(() => {
    if (takeFocus) heading.current?.focus({ preventScroll: true })
    if (takeFocus) window.scrollTo(0, 0)
  }, [takeFocus])
  return (
    <Head>
      <Words>
        {props.up === undefined ? null : (
          <Up aria-label="Way back">
            <Link href={props.up.hash}>{props.up.label}</Link>
          </Up>
        )}
        <Title ref={heading} tabIndex={-1}>
          {props.title}
        </Title>
        {props.purpose === undefined ? null : <Purpose>{props.purpose}</Purpose>}
      </Words>
      {props.actions === undefined ? null : <Actions>{props.actions}</Actions>}
    </Head>
  )
}
