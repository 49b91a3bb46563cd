//! From a checked region to the steps of a tile: where each register lives and what is computed how often.
//!
//! A register is *uniform* (the same at every point), *periodic* (a function of the last axis alone) or *varying*.
//! The first two are computed once per run. Dense operands and outputs are touched where they are.
//! Not here: the loops (`interpret.rs`, `ops.rs`, `copy.rs`, `reduce.rs`).

use ganymede_tensor::DType;

use super::chain::Chains;
use super::check::check;
use super::collapse::{Map, collapse};
use super::copy::Walk;
use super::ops::Op;
use super::reduce::Fold;
use super::region::{AxisMap, Buffer, Constant, Instruction, Output, Region, Register};
use super::split::Split;
use super::{Compiled, FILE, RegionError};

/// Longest last axis whose periodic registers are kept for a whole run (64 KiB each).
const LONGEST_PERIOD: usize = 16 * 1024;

/// Fewest periods worth keeping.
const FEWEST_PERIODS: usize = 4;

/// Points of a tile, at most, and the size of what a tile touches that is aimed at (24 KiB, of a first-level cache).
const TILE: usize = 1024;
const TILE_WORDS: usize = 6 * 1024;
const SMALLEST_TILE: usize = 128;

/// Where the values of a register are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the tile's registers.
    Slot(usize),
    /// One vector, for the whole run.
    Uniform(usize),
    /// One period and a tile more, for the whole run.
    Periodic(usize),
    /// In a buffer, as the points lie, from this element on.
    Dense(Buffer, isize),
}

/// One step of a tile.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// The same bits everywhere.
    Constant { bits: u32, to: Place },
    /// Elements gathered and widened; without a buffer, element k is k.
    Load { buffer: Option<Buffer>, dtype: DType, walk: Walk, fill: u32, to: Place },
    /// One vector loop.
    Compute { op: Op, arguments: [Place; 3], to: Place },
    /// Elements scattered and narrowed.
    Store { from: Place, dtype: DType, walk: Walk, write: usize },
    /// Added to the accumulators of a fold.
    Reduce { from: Place, fold: usize },
}

/// How often a register changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Uniform,
    Periodic,
    Varying,
}

/// The bits of a register lane of this constant.
fn lane(constant: Constant) -> u32 {
    if constant.dtype == DType::Bool { constant.bits().wrapping_neg() } else { constant.bits() }
}

pub(super) fn compile(region: &Region) -> Result<Compiled, RegionError> {
    let checked = check(region)?;
    let total: usize = region.extent.iter().product();
    let mut compiled = Compiled { total, dense: checked.dense, ..Compiled::default() };
    (compiled.reads, compiled.writes) = (checked.reads, checked.writes);
    if total == 0 {
        // Nothing to compute; a reduction of nothing is its identity.
        for output in &region.outputs {
            if let Output::Reduce { kind, write, .. } = output {
                compiled.folds.push(Fold::new(*kind, *write, &[1], &[true], 0));
            }
        }
        return Ok(compiled);
    }
    let mut builder = Builder::new(region, checked.types);
    builder.classify();
    builder.emit(&mut compiled)?;
    Ok(compiled)
}

struct Builder<'a> {
    region: &'a Region,
    types: Vec<DType>,
    /// The collapsed axes.
    extent: Vec<usize>,
    /// For each collapsed axis, the original one that stands for it.
    names: Vec<usize>,
    /// Maps of the operands, then of the stores (other outputs have an unused one).
    maps: Vec<Map>,
    class: Vec<Class>,
    /// Whether any output depends on a register.
    needed: Vec<bool>,
    place: Vec<Option<Place>>,
    /// Uses of a register that are still to come.
    uses: Vec<usize>,
    free: Vec<usize>,
    slots: usize,
    /// Which output a register is written to by the very instruction that computes it.
    direct: Vec<Option<usize>>,
    /// Registers that are computed together.
    chains: Chains,
}

impl<'a> Builder<'a> {
    fn new(region: &'a Region, types: Vec<DType>) -> Builder<'a> {
        let mut extent = region.extent.clone();
        let unused = Map::strided(0, &vec![0; extent.len()]);
        let mut maps: Vec<Map> = region.operands.iter().map(|o| Map::new(o.offset, &o.axes)).collect();
        maps.extend(region.outputs.iter().map(|output| match output {
            Output::Store { offset, strides, .. } => Map::strided(*offset, strides),
            Output::Reduce { .. } => unused.clone(),
        }));
        let numbered = |axis| {
            region
                .instructions
                .iter()
                .any(|i| matches!(i, Instruction::Iota { axis: numbered, .. } if *numbered == axis))
        };
        let names = collapse(&mut extent, &mut maps, |outer, inner| {
            let parted = |output: &Output| match output {
                Output::Reduce { axes, .. } => axes.contains(&outer) != axes.contains(&inner),
                Output::Store { .. } => false,
            };
            numbered(outer) || numbered(inner) || region.outputs.iter().any(parted)
        });
        if extent.is_empty() {
            extent.push(1);
            maps.iter_mut().for_each(|map| map.axes.push(AxisMap::stride(0)));
        }
        let n = region.instructions.len();
        Builder {
            region,
            types,
            extent,
            names,
            maps,
            class: Vec::with_capacity(n),
            needed: vec![false; n],
            place: vec![None; n],
            uses: vec![0; n],
            free: Vec::new(),
            slots: 0,
            direct: vec![None; n],
            chains: Chains::of(&[], &[], &[]),
        }
    }

    fn period(&self) -> usize {
        self.extent.last().copied().unwrap_or(1)
    }

    fn classify(&mut self) {
        let total: usize = self.extent.iter().product();
        let periodic = match self.period() {
            period if period <= LONGEST_PERIOD && total / period >= FEWEST_PERIODS => Class::Periodic,
            _ => Class::Varying,
        };
        let last = self.extent.len() - 1;
        for instruction in &self.region.instructions {
            let class = match *instruction {
                Instruction::Const(_) => Class::Uniform,
                Instruction::Iota { axis, .. } => match self.names.iter().position(|&name| name == axis) {
                    None => Class::Uniform,
                    Some(axis) if axis == last => periodic,
                    Some(_) => Class::Varying,
                },
                Instruction::Load(operand) => {
                    let map = &self.maps[operand];
                    match self.region.operands[operand].read {
                        // An epilogue knows the written rows only at its call.
                        Buffer::Write(_) => Class::Varying,
                        Buffer::Read(_) if map.is_constant() => Class::Uniform,
                        Buffer::Read(_) if map.is_periodic() => periodic,
                        Buffer::Read(_) => Class::Varying,
                    }
                }
                _ => instruction.arguments().map(|a| self.class[a]).max().unwrap_or(Class::Uniform),
            };
            self.class.push(class);
        }
        for output in &self.region.outputs {
            self.needed[output.register()] = true;
            self.uses[output.register()] += 1;
        }
        for (register, instruction) in self.region.instructions.iter().enumerate().rev() {
            if self.needed[register] {
                for argument in instruction.arguments() {
                    self.needed[argument] = true;
                    self.uses[argument] += 1;
                }
            }
        }
    }

    /// Registers that only one varying instruction uses, and can be computed with.
    fn chain(&mut self) {
        let varies: Vec<bool> =
            (0..self.class.len()).map(|r| self.needed[r] && self.class[r] == Class::Varying).collect();
        self.chains = Chains::of(&self.region.instructions, &varies, &self.uses);
    }

    /// Whether the store of output `o` is to 32-bit elements that lie as the points do.
    fn is_dense_store(&self, o: usize) -> bool {
        let output = &self.region.outputs[o];
        matches!(output, Output::Store { .. })
            && self.types[output.register()].bytes() == 4
            && self.maps[self.region.operands.len() + o].is_dense(&self.extent)
    }

    fn output_place(&self, o: usize) -> Place {
        let map = &self.maps[self.region.operands.len() + o];
        Place::Dense(Buffer::Write(self.region.outputs[o].write()), map.offset)
    }

    /// For each register the output that its instruction can write to by itself: nothing may read the old
    /// content of that buffer afterwards.
    fn choose_direct(&mut self) {
        let last_read = |write: usize| {
            let reads = |i: &Instruction| matches!(i, Instruction::Load(o) if self.region.operands[*o].read == Buffer::Write(write));
            let instructions = &self.region.instructions;
            let readers = (0..instructions.len()).filter(|&r| self.needed[r] && reads(&instructions[r]));
            let uses = readers.map(|r| {
                let used = |i: &Instruction| i.arguments().any(|a| a == r);
                let by_output = self.region.outputs.iter().any(|output| output.register() == r);
                let users = (0..instructions.len()).filter(|&i| used(&instructions[i])).map(|i| self.chains.end(i));
                if by_output { usize::MAX } else { users.max().unwrap_or(0) }
            });
            uses.max().unwrap_or(0)
        };
        let mut direct = vec![None; self.direct.len()];
        for (o, output) in self.region.outputs.iter().enumerate() {
            let register = output.register();
            let computed = Op::of(&self.region.instructions[register], &self.types).is_some();
            if computed
                && self.class[register] == Class::Varying
                && direct[register].is_none()
                && self.is_dense_store(o)
                && last_read(output.write()) <= register
            {
                direct[register] = Some(o);
            }
        }
        self.direct = direct;
    }

    fn emit(&mut self, compiled: &mut Compiled) -> Result<(), RegionError> {
        self.chain();
        self.choose_direct();
        compiled.period = self.period();
        for register in 0..self.region.instructions.len() {
            if !self.needed[register] {
                continue;
            }
            match self.class[register] {
                Class::Uniform => {
                    let to = Place::Uniform(compiled.uniforms);
                    compiled.uniforms += 1;
                    self.place[register] = Some(to);
                    let step = self.step(register, to, &[], &[]);
                    compiled.uniform_steps.push(step);
                }
                Class::Periodic => {
                    let to = Place::Periodic(compiled.periodics);
                    compiled.periodics += 1;
                    self.place[register] = Some(to);
                    let period = [self.period()];
                    let step = self.step(register, to, &period, &[self.extent.len() - 1]);
                    compiled.periodic_steps.push(step);
                }
                Class::Varying => self.emit_varying(register, compiled),
            }
        }
        self.emit_outputs(compiled);
        self.size_tile(compiled)
    }

    /// A register of the tile: loads are left to their first use.
    fn emit_varying(&mut self, register: Register, compiled: &mut Compiled) {
        let instruction = &self.region.instructions[register];
        if matches!(instruction, Instruction::Load(_) | Instruction::Iota { .. }) {
            return;
        }
        if self.chains.inside[register].is_some() {
            return;
        }
        // Of a chain: the arguments of all its instructions but for its own registers.
        let chained = (0..register).filter(|&r| self.chains.inside[r] == Some(register)).chain([register]);
        let arguments = chained.flat_map(|r| self.region.instructions[r].arguments());
        let arguments: Vec<Register> = arguments.filter(|&a| self.chains.inside[a] != Some(register)).collect();
        for &argument in &arguments {
            self.ensure_loaded(argument, compiled);
        }
        // Arguments used up here leave their slots to the result: the loops read a vector before they write it.
        let step = match self.chains.ends[register] {
            Some((chain, arguments)) => {
                let arguments = arguments.map(|argument| self.place[argument].unwrap_or(Place::Slot(0)));
                Step::Compute { op: Op::Chain(chain), arguments, to: Place::Slot(0) }
            }
            None => self.step(register, Place::Slot(0), &[], &[]),
        };
        arguments.iter().for_each(|&argument| self.release(argument));
        let place = match self.direct[register] {
            Some(o) => self.output_place(o),
            None => Place::Slot(self.allocate()),
        };
        self.place[register] = Some(place);
        compiled.steps.push(match step {
            Step::Compute { op, arguments, .. } => Step::Compute { op, arguments, to: place },
            other => other,
        });
    }

    /// Emits the load of a register that has no place yet.
    fn ensure_loaded(&mut self, register: Register, compiled: &mut Compiled) {
        if self.place[register].is_some() {
            return;
        }
        if let Instruction::Load(operand) = self.region.instructions[register] {
            let (map, buffer) = (&self.maps[operand], self.region.operands[operand].read);
            let stored = self.region.outputs.iter().any(|output| output.register() == register);
            // An old content that goes to another output must survive the update of its buffer.
            let safe = matches!(buffer, Buffer::Read(_)) || !stored;
            if safe && self.types[register].bytes() == 4 && map.is_dense(&self.extent) {
                self.place[register] = Some(Place::Dense(buffer, map.offset));
                return;
            }
        }
        let to = Place::Slot(self.allocate());
        self.place[register] = Some(to);
        let axes: Vec<usize> = (0..self.extent.len()).collect();
        let step = self.step(register, to, &self.extent, &axes);
        compiled.steps.push(step);
    }

    /// The step that defines a register in `to`; loads walk the given axes.
    fn step(&self, register: Register, to: Place, extent: &[usize], axes: &[usize]) -> Step {
        let instruction = &self.region.instructions[register];
        if let Some(op) = Op::of(instruction, &self.types) {
            let mut arguments = [Place::Slot(0); 3];
            for (place, argument) in arguments.iter_mut().zip(instruction.arguments()) {
                *place = self.place[argument].unwrap_or(Place::Slot(0));
            }
            return Step::Compute { op, arguments, to };
        }
        match *instruction {
            Instruction::Load(operand) => {
                let (map, operand) = (&self.maps[operand], &self.region.operands[operand]);
                let own = Map { axes: axes.iter().map(|&axis| map.axes[axis]).collect(), ..map.clone() };
                let walk = Walk::new(extent, &own);
                Step::Load { buffer: Some(operand.read), dtype: operand.dtype, walk, fill: lane(operand.fill), to }
            }
            Instruction::Iota { axis, dtype } => {
                let Some(axis) = self.names.iter().position(|&name| name == axis) else {
                    return Step::Constant { bits: 0, to }; // an axis of one index
                };
                let strides: Vec<isize> = axes.iter().map(|&a| isize::from(a == axis)).collect();
                let walk = Walk::new(extent, &Map::strided(0, &strides));
                Step::Load { buffer: None, dtype, walk, fill: 0, to }
            }
            Instruction::Const(constant) => Step::Constant { bits: lane(constant), to },
            _ => Step::Constant { bits: 0, to }, // not reached: the others have an operation
        }
    }

    fn emit_outputs(&mut self, compiled: &mut Compiled) {
        let region = self.region;
        let kept = |axes: &[usize]| -> Vec<bool> { self.names.iter().map(|name| !axes.contains(name)).collect() };
        let mut masks: Vec<Vec<bool>> = Vec::new();
        let mut late = Vec::new();
        // Reductions first, then stores: the latter may end the life of what is updated in place.
        let reductions = region.outputs.iter().enumerate().filter(|(_, o)| matches!(o, Output::Reduce { .. }));
        let folds: Vec<_> = reductions.map(|(_, output)| output.clone()).collect();
        for output in &folds {
            if let Output::Reduce { register, kind, axes, write } = output {
                let mut mask = kept(axes);
                mask.resize(self.extent.len(), true);
                let wide = compiled.folds.iter().filter(|fold| fold.wide.is_some()).count();
                compiled.folds.push(Fold::new(*kind, *write, &self.extent, &mask, wide));
                masks.push(mask);
                late.push((*register, None, compiled.folds.len() - 1));
            }
        }
        for (o, output) in region.outputs.iter().enumerate() {
            if let Output::Store { register, .. } = output
                && self.direct[*register] != Some(o)
            {
                late.push((*register, Some(o), 0));
            }
        }
        for &(register, _, _) in &late {
            self.ensure_loaded(register, compiled);
        }
        for (register, store, fold) in late {
            let from = self.place[register].unwrap_or(Place::Slot(0));
            let copy = |to| Step::Compute { op: Op::Copy, arguments: [from; 3], to };
            if let Some(o) = store
                && self.is_dense_store(o)
            {
                compiled.steps.push(copy(self.output_place(o)));
                continue;
            }
            // One vector for all points is not enough for what follows.
            let from = if matches!(from, Place::Uniform(_)) {
                let slot = Place::Slot(self.allocate());
                compiled.steps.push(copy(slot));
                slot
            } else {
                from
            };
            compiled.steps.push(match store {
                Some(o) => {
                    let walk = Walk::new(&self.extent, &self.maps[region.operands.len() + o]);
                    Step::Store { from, dtype: self.types[register], walk, write: region.outputs[o].write() }
                }
                None => Step::Reduce { from, fold },
            });
        }
        if !masks.is_empty() {
            (compiled.split, compiled.shares) = Split::new(&self.extent, compiled.steps.len(), &masks);
        }
    }

    fn size_tile(&self, compiled: &mut Compiled) -> Result<(), RegionError> {
        let wide: usize = compiled.folds.iter().filter_map(|fold| fold.wide).map(|wide| wide.period).sum();
        let slots = self.slots.max(1);
        let room = FILE - wide;
        // A reduction is better off with long tiles than with all its operands in cache.
        let touched = if compiled.folds.is_empty() { slots + dense_buffers(&compiled.steps) } else { slots };
        let tile = (TILE_WORDS / touched).clamp(SMALLEST_TILE, TILE).min(room / slots) / 16 * 16;
        if tile == 0 {
            return Err(RegionError::TooManyValues { limit: room / 16, found: slots });
        }
        compiled.tile = tile;
        compiled.wide_at = slots * tile;
        if compiled.folds.is_empty() {
            compiled.split = Split::flat(compiled.total, compiled.steps.len(), tile);
        }
        Ok(())
    }

    fn allocate(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.slots += 1;
            self.slots - 1
        })
    }

    /// One use of a register is done.
    fn release(&mut self, register: Register) {
        self.uses[register] -= 1;
        if self.uses[register] == 0
            && let Some(Place::Slot(slot)) = self.place[register]
        {
            self.free.push(slot);
        }
    }
}

/// How many buffers these steps read or write in place of registers.
fn dense_buffers(steps: &[Step]) -> usize {
    let mut found: Vec<Buffer> = Vec::new();
    for step in steps {
        let Step::Compute { arguments, to, .. } = step else { continue };
        for place in arguments.iter().chain([to]) {
            if let Place::Dense(buffer, _) = place
                && !found.contains(buffer)
            {
                found.push(*buffer);
            }
        }
    }
    found.len()
}
