import { enginesOnOneJournal } from '../support/engines-on-one-journal.ts'

enginesOnOneJournal(['kill', 'database'], 100)
