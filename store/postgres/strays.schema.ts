/** Targets that not every engine knows of: what each knows where they differ, and who decides on those that a slot's owner does not know. */
export const straysSchema = `
-- a fingerprint for each slot, as JSON; empty: an engine of an older Specola
ALTER TABLE engine ADD COLUMN digests text NOT NULL DEFAULT '';

-- the targets that an engine knows of in a slot, where another one knows others
CREATE TABLE engine_target (
  engine uuid NOT NULL REFERENCES engine ON DELETE CASCADE,
  slot smallint NOT NULL,
  digest text NOT NULL, targets text NOT NULL,
  PRIMARY KEY (engine, slot)
);

-- lent by the owner of the slot; the fence is new with each change of hands
CREATE SEQUENCE stray_fence;
CREATE TABLE stray (
  target text COLLATE "C" PRIMARY KEY,
  slot smallint NOT NULL,
  engine uuid NOT NULL, fence bigint NOT NULL DEFAULT nextval('stray_fence')
);
CREATE INDEX stray_slot ON stray (slot);

-- an order finds whoever decides on the target
ALTER TABLE check_order ADD COLUMN target text;
`
