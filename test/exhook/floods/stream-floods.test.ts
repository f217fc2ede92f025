import { STREAM_ATTACKS } from '../../support/floods/stream-attacks.ts'
import { describeFloods } from './flood-tests.ts'

describeFloods('floods of streams', STREAM_ATTACKS)
