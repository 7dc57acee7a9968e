-- who sells things of category 10 in three states: a join of two streams
-- Both sides are filtered before the join keeps them.
SELECT p.name, p.city, p.state, a.id
FROM auction AS a JOIN person AS p ON p.id = a.seller
WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA');
