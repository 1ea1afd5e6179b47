// SPDX-License-Identifier: GPL-2.0
/*
 * Who has to be made by whom, and when. A task is in its parent's session as
 * that was when it was born, and in no other: a parent that leads a session
 * may have had children before.
 */
#include <errno.h>
#include <stdlib.h>

#include "restart.h"

static bool is_process(const struct task_ids *ids)
{
	return ids->pid == ids->tgid;
}

static bool is_task(const struct front *front, int32_t id)
{
	size_t i;

	for (i = 0; i < front->nr_tasks; i++)
		if (front->tasks[i].pid == id && is_process(&front->tasks[i]))
			return true;
	return false;
}

static size_t parent_of(const struct front *front, size_t index)
{
	size_t i;

	for (i = 0; i < front->nr_tasks; i++)
		if (front->tasks[i].pid == front->tasks[index].ppid)
			return i;
	return 0;
}

/*
 * Whoever leads a session was born into another: its parent's as that is or as
 * that was. A child that is still there tells which. Of the root nobody knows.
 */
static int32_t session_at_birth(const struct front *front,
				const int32_t *births, size_t index)
{
	const struct task_ids *own = &front->tasks[index], *other;
	size_t parent = parent_of(front, index), i;

	if (own->sid != own->pid)
		return own->sid;
	if (!index)
		return 0;
	for (i = 0; i < front->nr_tasks; i++) {
		other = &front->tasks[i];
		if (is_process(other) && other->ppid == own->pid &&
		    other->sid == births[parent] && other->sid != own->sid)
			return other->sid;
	}
	return front->tasks[parent].sid;
}

static bool has_ghost(const struct plan *plan, int32_t id)
{
	size_t i;

	for (i = 0; i < plan->nr_ghosts; i++)
		if (plan->ghosts[i].id == id)
			return true;
	return false;
}

/*
 * The sessions and groups without a leader among the tasks. What the root has
 * from outside is none of them: there it will be in the caller's.
 */
static void find_ghosts(const struct front *front, struct plan *plan,
			struct ghost *ghosts)
{
	const struct task_ids *root = front->tasks, *own;
	size_t i;

	for (i = 1; i < front->nr_tasks; i++) {
		own = &front->tasks[i];
		if (!is_process(own) || !own->sid || own->sid == root->sid ||
		    is_task(front, own->sid) || has_ghost(plan, own->sid) ||
		    own->sid == plan->births[parent_of(front, i)])
			continue;
		ghosts[plan->nr_ghosts++] = (struct ghost){
			.id = own->sid,
			.leads_session = true,
			.maker = parent_of(front, i),
		};
	}
	for (i = 0; i < front->nr_tasks; i++) {
		own = &front->tasks[i];
		if (!is_process(own) || !own->pgid || own->pgid == root->pgid ||
		    is_task(front, own->pgid) || has_ghost(plan, own->pgid))
			continue;
		ghosts[plan->nr_ghosts++] = (struct ghost){
			.id = own->pgid,
			.maker = i,
		};
	}
}

/* A session of the dead whose members have different parents is beyond us. */
static void check_births(const struct front *front, const struct plan *plan)
{
	size_t i, j, parent;
	bool made;

	for (i = 1; i < front->nr_tasks; i++) {
		if (!is_process(&front->tasks[i]))
			continue;
		parent = parent_of(front, i);
		made = plan->births[i] == front->tasks[parent].sid ||
		       plan->births[i] == plan->births[parent];
		for (j = 0; j < plan->nr_ghosts; j++)
			made |= plan->ghosts[j].maker == parent &&
				plan->ghosts[j].id == plan->births[i];
		if (!made)
			give_up(EXIT_SYSTEM, "the leader of a session is gone", 0);
	}
}

struct plan make_plan(const struct front *front)
{
	struct ghost *ghosts = calloc(front->nr_tasks * 2, sizeof(*ghosts));
	int32_t *births = calloc(front->nr_tasks, sizeof(*births));
	struct plan plan = {
		.tasks = front->tasks,
		.nr_tasks = front->nr_tasks,
		.births = births,
		.ghosts = ghosts,
	};
	size_t i;

	if (!ghosts || !births)
		give_up(EXIT_SYSTEM, "planning the tasks", ENOMEM);
	for (i = 0; i < front->nr_tasks; i++)
		if (is_process(&front->tasks[i]))
			births[i] = session_at_birth(front, births, i);
	find_ghosts(front, &plan, ghosts);
	check_births(front, &plan);
	return plan;
}
