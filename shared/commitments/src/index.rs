//! Each kind of list has its own type of index. So the index of one list cannot be used for another list.

use std::marker::PhantomData;
use std::ops;

macro_rules! indices {
    ($($(#[$meta:meta])* $index:ident;)+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $index(usize);

        impl From<usize> for $index {
            fn from(index: usize) -> Self {
                Self(index)
            }
        }

        impl From<$index> for usize {
            fn from(index: $index) -> Self {
                index.0
            }
        }
    )+};
}

indices! {
    /// The index of a SKU that somebody used.
    SkuIndex;
    /// The index of the usage of one SKU in one account and zone.
    UsageIndex;
    /// The index of a commitment that is handed out, or of a part of a commitment that has its own owner.
    CommitmentIndex;
    /// The index of a whole commitment of the report, even if contracts divide the commitment.
    WholeIndex;
    /// The index of a list of the engine: the usage that a commitment may cover in one pass.
    ListIndex;
    /// The index of a group of commitments that AWS may exchange for one another.
    GroupIndex;
    /// The index of a kind of usage, as a commitment sees usage.
    RankIndex;
}

/// A list whose indices are of type `I`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<I, T> {
    items: Vec<T>,
    index: PhantomData<I>,
}

impl<I, T> From<Vec<T>> for List<I, T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, index: PhantomData }
    }
}

impl<I, T> FromIterator<T> for List<I, T> {
    fn from_iter<A: IntoIterator<Item = T>>(items: A) -> Self {
        Vec::from_iter(items).into()
    }
}

impl<I, T> Default for List<I, T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<I: Into<usize>, T> ops::Index<I> for List<I, T> {
    type Output = T;

    fn index(&self, index: I) -> &T {
        &self.items[index.into()]
    }
}

impl<I: Into<usize>, T> ops::IndexMut<I> for List<I, T> {
    fn index_mut(&mut self, index: I) -> &mut T {
        &mut self.items[index.into()]
    }
}

impl<'a, I, T> IntoIterator for &'a List<I, T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<I, T> List<I, T> {
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// A list of the same length, with the same item at every index.
    pub(crate) fn filled<U: Clone>(&self, item: U) -> List<I, U> {
        vec![item; self.items.len()].into()
    }

    /// Replaces all items and keeps the memory.
    pub(crate) fn refill(&mut self, items: impl Iterator<Item = T>) {
        self.items.clear();
        self.items.extend(items);
    }
}

impl<I: From<usize> + Into<usize>, T> List<I, T> {
    pub fn indices(&self) -> impl DoubleEndedIterator<Item = I> + use<I, T> {
        (0..self.items.len()).map(I::from)
    }

    pub fn enumerate(&self) -> impl DoubleEndedIterator<Item = (I, &T)> {
        self.items.iter().enumerate().map(|(index, item)| (I::from(index), item))
    }

    pub fn position(&self, is_it: impl FnMut(&T) -> bool) -> Option<I> {
        self.items.iter().position(is_it).map(I::from)
    }

    /// The item, or `None` if the index is behind the end of the list.
    pub(crate) fn get(&self, index: I) -> Option<&T> {
        self.items.get(index.into())
    }

    /// Adds an item at the end and returns its index.
    pub(crate) fn push(&mut self, item: T) -> I {
        self.items.push(item);
        I::from(self.items.len() - 1)
    }
}
